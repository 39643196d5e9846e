#ifndef TESTING_H
#define TESTING_H

/*
 * A variable of the environment that is for the tests: it makes the program
 * fail, die, or leave a protection out.  Always NULL in the program that is
 * installed, which is built without LIVEALTER_TEST.
 */
const char *testing_env(const char *name);

#endif
