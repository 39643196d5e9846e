#ifndef HOOK_INPUT_H
#define HOOK_INPUT_H

#include "base/board.h"
#include "base/str.h"
#include "cli/hook_files.h"

/* What a hook is told: livealter-scripts(7) has the names. */

/*
 * Its environment: ours, without what is a secret or only ours, and variables
 * that begin with f's prefix.  For hook_input_free().
 */
char **hook_input_env(const struct hook_file *f, const struct board_view *v,
    const char *host);
void hook_input_free(char **env);

/* The same as a JSON object, in one line. */
void hook_input_json(struct str *out, enum hook_event event,
    const struct board_view *v, const char *host);

#endif
