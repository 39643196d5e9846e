#ifndef CREW_H
#define CREW_H

/*
 * How many workers a walk has while what makes it wait is near: fewer before
 * the limit is reached, and one more at a time once it has been calm.  Pure:
 * the only clock is that of the looks.
 */
struct crew {
	unsigned int n;		/* workers; 0: it has not begun */
	unsigned int most;
	double looked;		/* the last look, */
	double stepped;		/* the change that this one has made last, */
	double raised;		/* and the last of them to one more */
	double calm;		/* since when; 0: it is not */
	double patience;	/* seconds of calm before one more comes */
};

/* What is known of the limits. */
struct crew_look {
	double used;		/* of what is allowed: from 1 on, it waits */
	double at;		/* when that was looked at; 0: never */
};

enum crew_change {
	CREW_STAYS,		/* or follows most */
	CREW_FEWER,
	CREW_MORE,
};

/*
 * There may be so many (most >= 1).  From CREW_NEAR on there is one fewer, from
 * 1 on half as many, but always one; each of them only when a look later than
 * the last change finds it.  Below CREW_CALM, for as long as crew->patience,
 * there is one more.  Patience doubles when one more was one too many,
 * and is as at first again when one more was not.
 */
#define CREW_NEAR	0.75
#define CREW_CALM	0.6
#define CREW_SETTLE	1.0	/* seconds from a change to the next look */
#define CREW_PATIENCE	10.0	/* seconds, at first */
#define CREW_PATIENCE_MOST 300.0

enum crew_change crew_step(struct crew *c, unsigned int most,
    const struct crew_look *look);

#endif
