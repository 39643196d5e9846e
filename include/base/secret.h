#ifndef SECRET_H
#define SECRET_H

#include <stddef.h>

/* Getting rid of passwords. */

/* Overwrite with NULs, also when no one reads it afterwards. */
void secret_wipe(char *text, size_t len);

/* Overwrite, then free.  NULL is fine. */
void secret_free(char *password);

/* Overwrite with x, keeping the length: for argv. */
void secret_hide(char *text);

#endif
