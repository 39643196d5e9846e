#include <yaml.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "base/util.h"
#include "cli/ownership.h"
#include "cli/yaml.h"

/*
 * The events of libyaml are read as they come, without building a tree: what
 * may stand where is fixed, so that whatever is nested deeper, repeated by an
 * alias, or tagged is refused before it costs anything.  A text is read
 * twice, because the job overrides options that may come after it.
 */

#define FILE_MAX_BYTES (1024 * 1024)

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	struct options *o;
	const char *name;	/* of the file */
	const char *text;	/* all of it */
	const char *job;	/* the one to look for, or NULL */
	bool in_job;		/* second time: only the job counts */
	bool found;
	bool secret;		/* a password stands in it */
	yaml_job_fn *each;	/* only the names of the jobs are asked for */
	void *arg;
};

/* A key and where it stands. */
struct key {
	char *text;
	yaml_mark_t at;
};

/* The keys of a mapping, to find one that comes again. */
struct keys {
	struct key *key;
	size_t n;
};

static void
add_where(struct str *s, const struct reader *r, const yaml_mark_t *at)
{
	str_addf(s, "%s:%zu:%zu", r->name, at->line + 1, at->column + 1);
}

static int
wrong(struct reader *r, const yaml_mark_t *at, const char *what,
    const char *detail)
{
	struct str where = STR_INIT;

	/* the second time everything was said before */
	if (!r->in_job && r->each == NULL) {
		add_where(&where, r, at);
		option_wrong(r->o, "%s: %s%s%s", where.s, what,
		    detail ? ": " : "", detail ? detail : "");
		str_free(&where);
	}
	return -1;
}

/* What we do not want to see anywhere. */
static int
plain(struct reader *r)
{
	const yaml_event_t *v = &r->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (v->type == YAML_ALIAS_EVENT)
		return wrong(r, &v->start_mark, "aliases are not supported",
		    NULL);
	if (v->type == YAML_SCALAR_EVENT) {
		anchor = v->data.scalar.anchor;
		tag = v->data.scalar.tag;
	} else if (v->type == YAML_SEQUENCE_START_EVENT) {
		anchor = v->data.sequence_start.anchor;
		tag = v->data.sequence_start.tag;
	} else if (v->type == YAML_MAPPING_START_EVENT) {
		anchor = v->data.mapping_start.anchor;
		tag = v->data.mapping_start.tag;
	}
	if (anchor != NULL)
		return wrong(r, &v->start_mark, "anchors are not supported",
		    NULL);
	if (tag != NULL)
		return wrong(r, &v->start_mark, "tags are not supported",
		    NULL);
	if (v->type == YAML_SCALAR_EVENT && memchr(v->data.scalar.value, '\0',
	    v->data.scalar.length) != NULL)
		return wrong(r, &v->start_mark, "a NUL character", NULL);
	return 0;
}

/* Where a byte of the text stands; of what is not UTF-8, each is one. */
static yaml_mark_t
mark_of(const char *text, size_t offset)
{
	yaml_mark_t at = { .line = 0, .column = 0 };
	size_t i;

	for (i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			at.line++;
			at.column = 0;
		} else if ((text[i] & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

/* What libyaml says, and where: a byte, or a mark, or it knows nothing. */
static int
not_yaml(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	yaml_mark_t at = p->mark;
	struct str what = STR_INIT;

	str_addz(&what, p->problem != NULL ? p->problem :
	    "it cannot be read");
	if (p->error == YAML_READER_ERROR)
		at = mark_of(r->text, p->problem_offset);
	else if (p->problem_mark.line > 0 || p->problem_mark.column > 0)
		at = p->problem_mark;
	if (p->context != NULL && p->context_mark.line != at.line)
		str_addf(&what, ", %s from line %zu on", p->context,
		    p->context_mark.line + 1);
	wrong(r, &at, "not YAML", what.s);
	str_free(&what);
	return -1;
}

/* The next event, in r->event. */
static int
next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return plain(r);
	memset(&r->event, 0, sizeof(r->event));
	return not_yaml(r);
}

static const char *
scalar(const struct reader *r)
{
	const void *text = r->event.data.scalar.value;

	return text;
}

/* Nothing, "~" or "null", not in quotes. */
static bool
is_null(const struct reader *r)
{
	return r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (*scalar(r) == '\0' || strcmp(scalar(r), "~") == 0 ||
	    same_text(scalar(r), "null"));
}

/* Where an item may have a comma, and the list be divided by commas. */
static bool
has_escapes(const struct option *opt)
{
	return opt == NULL || opt->type == OPTION_VARS ||
	    opt->type == OPTION_WARNINGS || opt->type == OPTION_LIST;
}

/* The sequence that begins with r->event, as the text of the option. */
static int
read_sequence(struct reader *r, const struct option *opt, struct str *list)
{
	const bool lines = opt != NULL && opt->type == OPTION_DSNS;


	while (next(r) == 0) {
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (r->event.type != YAML_SCALAR_EVENT || is_null(r))
			return wrong(r, &r->event.start_mark,
			    "only texts and numbers can be in a list", NULL);
		if (*scalar(r) == '\0')
			return wrong(r, &r->event.start_mark,
			    "an empty text in a list", NULL);
		if (has_escapes(opt))
			list_add(list, scalar(r));
		else
			str_addf(list, "%s%s", list->len == 0 ? "" :
			    lines ? "\n" : ",", scalar(r));
	}
	return -1;
}

/* The option of a key; complains when there is none. */
static const struct option *
find(struct reader *r, const struct key *k, bool *no)
{
	const struct option *opt = option_find(k->text, no);
	const char *like;
	struct str what = STR_INIT;

	if (opt != NULL && opt->group == OPTION_META) {
		str_addf(&what, "%s: only on the command line", opt->name);
		opt = NULL;
	} else if (opt == NULL) {
		like = option_nearest(k->text);
		str_addf(&what, "unknown option \"%.60s\"%s%s%s", k->text,
		    like ? "; did you mean \"" : "", like ? like : "",
		    like ? "\"?" : "");
	}
	if (what.len > 0)
		wrong(r, &k->at, what.s, NULL);
	str_free(&what);
	return opt;
}

/* The value of an option begins with r->event. */
static int
read_value(struct reader *r, const struct key *k, bool apply)
{
	struct str value = STR_INIT, where = STR_INIT;
	const struct option *opt;
	bool no = false;
	int rc = 0;

	opt = find(r, k, &no);
	if (opt != NULL && opt->type == OPTION_SECRET)
		r->secret = true;
	if (r->event.type == YAML_SCALAR_EVENT) {
		if (is_null(r))
			rc = wrong(r, &k->at, k->text, "has no value");
		str_addz(&value, scalar(r));
	} else if (r->event.type == YAML_SEQUENCE_START_EVENT &&
	    (opt == NULL || option_is_list(opt))) {
		rc = read_sequence(r, opt, &value);
	} else {
		rc = wrong(r, &k->at, k->text, "takes one value");
	}
	if (rc == 0 && opt == NULL) {
		rc = 1;
	} else if (rc == 0 && apply) {
		add_where(&where, r, &k->at);
		/* what is wrong with it does not stop the reading */
		if (option_set(r->o, opt, no, value.s, where.s) == -1)
			rc = 1;
	}
	secret_wipe(value.s, value.len);
	str_free(&value);
	str_free(&where);
	return rc;
}

static int
read_key(struct reader *r, struct key *k)
{
	k->text = NULL;
	k->at = r->event.start_mark;
	if (r->event.type != YAML_SCALAR_EVENT)
		return wrong(r, &k->at, "not the name of an option", NULL);
	k->text = xstrdup(scalar(r));
	return next(r);
}

/* Do both set the same option, in whatever form, or are the same text? */
static bool
is_same(const char *a, const char *b)
{
	bool no;
	const struct option *opt = option_find(a, &no);

	if (strcmp(a, b) == 0)
		return opt == NULL || opt->type != OPTION_DSNS;
	return opt != NULL && opt->type != OPTION_DSNS &&
	    opt == option_find(b, &no);
}

/* Notes a key, which is given away, and complains of one that comes again. */
static void
see_key(struct reader *r, struct keys *seen, const struct key *k, bool names)
{
	struct str what = STR_INIT;
	const struct key *was;
	size_t i;

	for (i = 0; i < seen->n; i++) {
		was = &seen->key[i];
		if (names ? strcmp(was->text, k->text) != 0 :
		    !is_same(was->text, k->text))
			continue;
		str_addf(&what, "%.60s stands here a second time; the first "
		    "is in line %zu", k->text, was->at.line + 1);
		wrong(r, &k->at, what.s, NULL);
		break;
	}
	str_free(&what);
	seen->key = xrealloc(seen->key, seen->n + 1, sizeof(*seen->key));
	seen->key[seen->n++] = *k;
}

static void
free_keys(struct keys *seen)
{
	size_t i;

	for (i = 0; i < seen->n; i++)
		free(seen->key[i].text);
	free(seen->key);
}

/* Reads the value of a key: an option is set, if apply. */
typedef int value_fn(struct reader *r, const struct key *k, bool apply);

static int read_job(struct reader *r, const struct key *k, bool apply);

/* Each value up to the end of the mapping that begins with r->event. */
static int
read_mapping(struct reader *r, value_fn *read, bool apply, const char *else_)
{
	struct keys seen = { .n = 0 };
	struct key k;
	int rc = 0;

	if (r->event.type != YAML_MAPPING_START_EVENT)
		return wrong(r, &r->event.start_mark, else_, NULL);
	while (rc != -1 && (rc = next(r)) == 0) {
		if (r->event.type == YAML_MAPPING_END_EVENT)
			break;
		rc = read_key(r, &k);
		if (k.text == NULL)
			break;
		see_key(r, &seen, &k, read == read_job);
		if (rc == 0)
			rc = read(r, &k, apply);
	}
	free_keys(&seen);
	return rc == -1 ? -1 : 0;
}

static bool
is_empty(const struct reader *r)
{
	return r->event.type == YAML_SCALAR_EVENT && is_null(r);
}

static int
read_job(struct reader *r, const struct key *k, bool apply)
{
	bool mine = r->job != NULL && strcmp(k->text, r->job) == 0;

	if (mine)
		r->found = true;
	if (r->each != NULL)
		r->each(r->arg, k->text);
	return is_empty(r) ? 0 : read_mapping(r, read_value, mine && apply,
	    "a job is a list of options and values");
}

static int
read_top(struct reader *r, const struct key *k, bool apply)
{
	return strcmp(k->text, "jobs") != 0 ? read_value(r, k, apply) :
	    read_mapping(r, read_job, r->in_job,
	    "jobs: not a list of names, each with options");
}

static int
read_stream(struct reader *r)
{
	if (next(r) == -1 || next(r) == -1)	/* the stream, the document */
		return -1;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return 0;
	if (next(r) == -1 || (!is_empty(r) && read_mapping(r, read_top,
	    !r->in_job && r->each == NULL,
	    "not a list of options, as in \"host: db1\"") == -1))
		return -1;
	if (next(r) == -1 || next(r) == -1)	/* and their ends */
		return -1;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return wrong(r, &r->event.start_mark,
		    "more than one document", NULL);
	return 0;
}

static int
pass(struct reader *r, const char *text, size_t len)
{
	const yaml_mark_t at = { .line = 0 };
	const void *bytes = text;
	int rc;

	memset(&r->event, 0, sizeof(r->event));
	r->text = text;
	if (!yaml_parser_initialize(&r->parser))
		return wrong(r, &at, "out of memory", NULL);
	yaml_parser_set_input_string(&r->parser, bytes, len);
	rc = read_stream(r);
	yaml_event_delete(&r->event);
	yaml_parser_delete(&r->parser);
	return rc;
}

static int
load(struct reader *r, const char *text, size_t len, bool *found)
{
	size_t before = r->o->wrong.len;
	const char *nul = memchr(text, '\0', len);
	yaml_mark_t at;

	if (len > FILE_MAX_BYTES) {
		at = mark_of(text, FILE_MAX_BYTES);
		wrong(r, &at, "larger than 1 MiB", NULL);
	} else if (nul != NULL) {
		at = mark_of(text, (size_t)(nul - text));
		wrong(r, &at, "not a text", "it has NUL bytes");
	} else if (pass(r, text, len) == 0 && r->found) {
		r->in_job = true;
		pass(r, text, len);
	}
	if (r->found)
		*found = true;
	return r->o->wrong.len == before ? 0 : -1;
}

int
yaml_load_text(struct options *o, const char *name, const char *text,
    size_t len, const char *job, bool *found)
{
	struct reader r = { .o = o, .name = name, .job = job };

	return load(&r, text, len, found);
}

int
yaml_load(struct options *o, const struct yaml_file *f, const char *job,
    bool *found)
{
	struct reader r = { .o = o, .name = f->name, .job = job };
	int rc = load(&r, f->text, f->len, found);

	if (r.secret && f->is_open)
		log_warn("%s contains a password and is readable by everyone; "
		    "run chmod o-r", r.name);
	return rc;
}

void
yaml_jobs(const struct yaml_file *f, yaml_job_fn *fn, void *arg)
{
	struct reader r = { .name = f->name, .each = fn, .arg = arg };

	if (f->len <= FILE_MAX_BYTES &&
	    memchr(f->text, '\0', f->len) == NULL)
		pass(&r, f->text, f->len);
}

/* Reads the file and closes it. */
static int
read_file(struct yaml_file *to, struct options *o, FILE *f)
{
	const char *why = ownership_refusal(fileno(f));

	to->text = xcalloc(FILE_MAX_BYTES + 1, 1);
	to->len = fread(to->text, 1, FILE_MAX_BYTES + 1, f);
	if (why == NULL && ferror(f))
		why = strerror(errno);
	to->is_open = ownership_is_open(fileno(f));
	fclose(f);
	if (why == NULL)
		return 0;
	option_wrong(o, "%s: %s", to->name, why);
	yaml_forget(to);
	return -1;
}

int
yaml_read(struct yaml_file *f, struct options *o, const char *name,
    bool optional)
{
	FILE *in = fopen(name, "re");

	if (in == NULL && errno == ENOENT && optional)
		return -1;
	if (in == NULL) {
		option_wrong(o, "%s: %s", name, strerror(errno));
		return -1;
	}
	*f = (struct yaml_file){ .name = xstrdup(name) };
	return read_file(f, o, in);
}

void
yaml_forget(struct yaml_file *f)
{
	if (f->text != NULL)
		secret_wipe(f->text, f->len);
	free(f->text);
	free(f->name);
}

/*
 * Would the character not come back as it is, or not be shown?  What is not
 * UTF-8 cannot be written so that it does.
 */
static bool
is_special(uint32_t code)
{
	return code != UTF8_INVALID && (utf8_unsafe(code) || code == 0xfffe ||
	    code == 0xffff);
}

void
yaml_add_quoted(struct str *to, const char *text)
{
	uint32_t code;
	size_t len;

	str_addz(to, "\"");
	for (; *text != '\0'; text += len) {
		len = utf8_next(text, &code);
		if (is_special(code)) {
			str_addf(to, code > 0xffff ? "\\U%08x" : "\\u%04x",
			    (unsigned int)code);
			continue;
		}
		if (*text == '"' || *text == '\\')
			str_addz(to, "\\");
		str_add(to, text, len);
	}
	str_addz(to, "\"");
}

void
yaml_add(struct str *to, const char *key, const char *value)
{
	str_addf(to, "%s: ", key);
	yaml_add_quoted(to, value);
	str_addz(to, "\n");
}

void
yaml_add_lines(struct str *to, const char *key, const char *lines)
{
	const char *end;
	char *one;

	str_addf(to, "%s: [", key);
	for (; *lines != '\0'; lines = end + (*end != '\0')) {
		end = lines + strcspn(lines, "\n");
		one = xstrndup(lines, (size_t)(end - lines));
		yaml_add_quoted(to, one);
		str_addz(to, end[0] != '\0' && end[1] != '\0' ? ", " : "]\n");
		free(one);
	}
}
