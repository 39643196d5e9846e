#include "cli/command.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/option.h"

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("_,.=-/:@+", c));
}

/* Is there something in it that must not be shown as it is? */
static bool
is_unsafe(const char *word)
{
	uint32_t code = ' ';

	while (*word != '\0' && !utf8_unsafe(code))
		word += utf8_next(word, &code);
	return utf8_unsafe(code);
}

/*
 * printf(1) makes the bytes, because $'...' is not in every shell.  "!" is one
 * of them: interactive shells replace it between double quotes.
 */
static void
add_made(struct str *out, const char *word)
{
	str_addz(out, "\"$(printf '");
	for (; *word != '\0'; word++)
		if (is_plain(*word))
			str_add(out, word, 1);
		else
			str_addf(out, "\\%03o",
			    (unsigned int)(unsigned char)*word);
	str_addz(out, "')\"");
}

static void
add_quoted(struct str *out, const char *word)
{
	str_addz(out, "'");
	for (; *word != '\0'; word++)
		if (*word == '\'')
			str_addz(out, "'\\''");
		else
			str_add(out, word, 1);
	str_addz(out, "'");
}

/* A word, as a shell takes it. */
static void
add_word(struct str *out, const char *word)
{
	const char *p = word;

	while (is_plain(*p))
		p++;
	str_addz(out, " ");
	if (is_unsafe(word))
		add_made(out, word);
	else if (*p != '\0' || p == word)
		add_quoted(out, word);
	else
		str_addz(out, word);
}

/* "D=name", with the commas in the name escaped: see dsn_parse(). */
static void
add_part(struct str *dsn, char key, const char *name)
{
	str_addf(dsn, "%s%c=", dsn->len > 0 ? "," : "", key);
	for (; *name != '\0'; name++)
		str_addf(dsn, *name == ',' ? "\\%c" : "%c", *name);
}

/*
 * Would it, in front of a comma, take that for its own, or, at the end of what
 * $(...) prints, lose its last character?
 */
static bool
ends_in(const char *name, char c)
{
	size_t len = strlen(name);

	return len > 0 && name[len - 1] == c;
}

/*
 * A DSN cannot say a name that ends in a backslash but as its last part: the
 * other order of the two does, or else an option.
 */
static void
add_dsn(struct str *out, const char *database, const char *table)
{
	bool turned = table != NULL && (ends_in(database, '\\') ||
	    ends_in(table, '\n'));
	bool apart = turned && ends_in(table, '\\');
	struct str dsn = STR_INIT;

	if (turned && !apart)
		add_part(&dsn, 't', table);
	add_part(&dsn, 'D', database);
	if (table != NULL && !turned)
		add_part(&dsn, 't', table);
	add_word(out, dsn.s);
	if (apart) {
		str_addz(out, " --table");
		add_word(out, table);
	}
	str_free(&dsn);
}

/* An option with the value that it has. */
static void
add_option(struct str *out, const struct option *opt, const struct config *cfg)
{
	struct str value = STR_INIT, word = STR_INIT;

	if (option_value(opt, cfg, &value)) {
		str_addf(&word, "--%s", opt->name);
		if (opt->arg != NULL)
			str_addf(&word, "=%s", value.s);
		if (opt->arg != NULL || strcmp(value.s, "yes") == 0)
			add_word(out, word.s);
	}
	str_free(&value);
	str_free(&word);
}

/* Is it of those that say how to log in, and was it given to this run? */
static bool
is_needed(const struct option *opt, const struct config *cfg)
{
	if (opt->state != OPTION_DONE)
		return false;
	if (opt->at == offsetof(struct config, config))
		return cfg->config != NULL;
	if (opt->at == offsetof(struct config, job))
		return cfg->job != NULL;
	return opt->group == OPTION_CONNECT && cfg->given != NULL &&
	    cfg->given[opt - option_table];
}

/* A password is not repeated, but asked for. */
static void
add_login(struct str *out, const struct config *cfg)
{
	bool secret = false;
	size_t i;

	for (i = 0; i < option_count; i++) {
		if (!is_needed(&option_table[i], cfg))
			continue;
		if (option_table[i].type == OPTION_SECRET)
			secret = true;
		else
			add_option(out, &option_table[i], cfg);
	}
	if (secret && cfg->password_file == NULL && !cfg->ask_pass)
		str_addz(out, " --ask-pass");
}

void
command_bare(struct str *out, const struct config *cfg, const char *verb,
    const char *table)
{
	str_addf(out, "livealter %s", verb);
	add_dsn(out, cfg->database, table);
}

void
command_add(struct str *out, const struct config *cfg, const char *verb,
    const char *table)
{
	command_bare(out, cfg, verb, table);
	add_login(out, cfg);
}

static void
add_all(struct str *out, const struct config *cfg, bool login, va_list ap)
{
	const char *purpose, *verb;

	while ((purpose = va_arg(ap, const char *)) != NULL) {
		verb = va_arg(ap, const char *);
		str_addf(out, "%s%s: ", out->len > 0 ? ERR_LINE : "", purpose);
		command_bare(out, cfg, verb, cfg->table);
		if (login)
			add_login(out, cfg);
	}
}

/* What does not fit would be another command: then without the login. */
int
command_hint(struct err *e, const struct config *cfg, ...)
{
	struct str s = STR_INIT;
	va_list ap;

	va_start(ap, cfg);
	add_all(&s, cfg, true, ap);
	va_end(ap);
	if (s.len >= sizeof(e->hint)) {
		str_reset(&s);
		va_start(ap, cfg);
		add_all(&s, cfg, false, ap);
		va_end(ap);
	}
	err_hint(e, "%s", s.s);
	str_free(&s);
	return -1;
}

int
command_hint_status(struct err *e, const struct config *cfg,
    const char *purpose)
{
	struct config all = *cfg;

	all.table = NULL;
	return command_hint(e, &all, purpose, "status", COMMAND_END);
}

void
command_log(void (*say)(const char *fmt, ...) PRINTF(1, 2),
    const struct config *cfg, ...)
{
	struct str s = STR_INIT;
	va_list ap;

	va_start(ap, cfg);
	add_all(&s, cfg, true, ap);
	va_end(ap);
	say("%s", s.s);
	str_free(&s);
}
