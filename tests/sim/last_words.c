/* A crash, an abort or a sanitizer's verdict tells which world it was. */
#include "last_words.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core.h"

static char last_words[200];

static void say_last_words(void)
{
	ssize_t unused = write(STDOUT_FILENO, last_words, strlen(last_words));

	(void)unused;
}

static void on_crash(int signal_number)
{
	say_last_words();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* There in sanitized builds only. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

void last_words_prepare(const struct sim *sim, const char *test)
{
	snprintf(last_words, sizeof last_words,
	    "# crashed; again, with its trace:\n"
	    "#   SIM_SEED=%llu SIM_ONLY=%llu SIM_TRACE=1 CK_RUN_CASE=%s %s\n",
	    (unsigned long long)sim->base, (unsigned long long)sim->index, test,
	    program_invocation_name);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(say_last_words);
	signal(SIGSEGV, on_crash);
	signal(SIGABRT, on_crash);
}
