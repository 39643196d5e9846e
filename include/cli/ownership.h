#ifndef OWNERSHIP_H
#define OWNERSHIP_H

#include <stdbool.h>

/*
 * Files that say which server gets which password, and what is done there.
 * Whoever can write one has the rights of whoever runs the program; so it is
 * read only when no one else can.
 */

/*
 * What is wrong with an open file, or NULL.  Its owner may be root, the user,
 * or who called sudo(8).  What is no file, such as a pipe of the shell's, is
 * no one's to write to.
 */
const char *ownership_refusal(int fd);

/* The same for a file or directory by its name; one that is not there is all
 * right. */
const char *ownership_refusal_of(const char *file);

/* Can anybody read it, and so the password in it? */
bool ownership_is_open(int fd);

/*
 * To be called once, before any file of $HOME is read: root does not take the
 * settings of a home directory that is another user's, as sudo(8) leaves it
 * in the environment.  HOME goes then, so that the client library does not
 * either; the log says so when there is something that is not read.
 */
void ownership_settle_home(void);

#endif
