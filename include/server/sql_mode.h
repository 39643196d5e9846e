#ifndef SQL_MODE_H
#define SQL_MODE_H

/* The sql_mode of all but SESSION_ALTER, before the bits below. */
#define SQL_MODE_OURS "NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"

#endif
