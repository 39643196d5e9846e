# Reads JSON Lines with documents on standard input, and prints for each what
# the program says of it and what the schema does:
#
#	yaml_walk.py SCHEMA DIRECTORY PROGRAM... < documents
#
# A document has "name", "bytes" (base64), and "args" for the program.  What is
# printed has "exit", "out" and "err" of the program, and "schema": null where
# the schema takes it, or why not; "yaml_1_1": the same, as older readers have
# it, to which "no" is no text.  Where the program takes it, what it prints
# is fed to it again: "again" is what it prints then, "printed" what the schema
# says of that.
import base64
import concurrent.futures
import json
import re
import subprocess
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2, as editors read it: fewer texts are something else."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ('null', r'^(?:~|null|Null|NULL|)$', ['~', 'n', 'N', '']),
        ('bool', r'^(?:true|True|TRUE|false|False|FALSE)$', list('tTfF')),
        ('int', r'^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$',
         list('-+0123456789')),
        ('float', r'^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)'
         r'(?:[eE][-+]?[0-9]+)?$', list('-+.0123456789'))):
    Loader.add_implicit_resolver('tag:yaml.org,2002:' + tag,
                                 re.compile(pattern), first)


def number(loader, node):
    text = node.value
    if text[:2] in ('0x', '0o'):
        return int(text, 0)
    return int(text) if re.match(r'^[-+]?\d+$', text) else float(text)


def mapping(loader, node):
    """Keys are texts; one that comes again is an error."""
    result = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else None
        if name is None or name in result:
            raise yaml.YAMLError('a key again, or none: %s' % name)
        result[name] = loader.construct_object(value, deep=True)
    return result


Loader.add_constructor('tag:yaml.org,2002:int', number)
Loader.add_constructor('tag:yaml.org,2002:float', number)
Loader.add_constructor('tag:yaml.org,2002:map', mapping)


def ecma(part):
    """In Python, "$" would match before a line end as well."""
    if isinstance(part, list):
        return [ecma(p) for p in part]
    if not isinstance(part, dict):
        return part
    return {k.replace('$', r'\Z') if k.startswith('^') else k:
            v.replace('$', r'\Z') if k == 'pattern' else ecma(v)
            for k, v in part.items()}


schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(ecma(schema))
directory = sys.argv[2]
program = sys.argv[3:]


def against_schema(text, loader=Loader):
    try:
        e = next(validator.iter_errors(yaml.load(text, loader)), None)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return 'no YAML: %s' % str(error)[:200]
    return e.message[:200] if e else None


def run(path, args):
    r = subprocess.run(program + ['--config', '', '--config', path] + args,
                       stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=300)
    return (r.returncode, r.stdout.decode(errors='replace'),
            r.stderr.decode(errors='replace'))


def judge(numbered):
    n, line = numbered
    item = json.loads(line)
    path = '%s/%d.yaml' % (directory, n)
    text = base64.b64decode(item.pop('bytes'))
    with open(path, 'wb') as f:
        f.write(text)
    item['path'] = path
    item['exit'], item['out'], item['err'] = run(path, item['args'])
    item['schema'] = against_schema(text)
    item['yaml_1_1'] = against_schema(text, yaml.SafeLoader)
    if item['exit'] == 0 and '--print-config' in item['args']:
        with open(path, 'w') as f:
            f.write(item['out'])
        item['printed'] = against_schema(item['out'])
        item['again'] = run(path, ['--print-config'])[1]
    return json.dumps(item)


with concurrent.futures.ThreadPoolExecutor(3) as pool:
    for result in pool.map(judge, enumerate(sys.stdin)):
        print(result)
