# Reads JSON Lines on standard input, and prints what the schema that the first
# argument names says against each of them, and members that it does not name.
import json
import sys

import jsonschema

schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
for n, line in enumerate(sys.stdin, 1):
    try:
        item = json.loads(line)
    except ValueError as e:
        print("line %d is no JSON: %s: %s" % (n, e, line))
        continue
    one = schema["definitions"].get(item.get("type"))
    if one is None:
        print("line %d has no known type: %s" % (n, line))
        continue
    resolver = jsonschema.RefResolver.from_schema(schema)
    for e in jsonschema.Draft7Validator(one, resolver=resolver) \
            .iter_errors(item):
        print("line %d: %s: %s" % (n, e.message, line))
    for name in set(item) - set(one["properties"]):
        print("line %d: %s is not in the schema: %s" % (n, name, line))
