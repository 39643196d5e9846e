#ifndef ALIVE_H
#define ALIVE_H

/*
 * Signs of life of the thread that tells the story: it has an answer of the
 * server, or sleeps, or waits for something and looks again.  When it hangs
 * there is none, whatever other threads do.
 */
typedef void alive_fn(void *arg);

/* From that thread: call this at each of them. */
void alive_begin(alive_fn *listener, void *arg);
void alive_end(void);

/* A sign; from other threads, nothing. */
void alive_sign(void);

#endif
