/*
 * Runs a fuzz target over its corpus where there is no fuzzer, one TAP case a
 * file, each in a process of its own so that one that dies is one that failed.
 * Arguments are files or folders; without any it is tests/fuzz/corpus/TARGET.
 */
#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define PATH_BYTES 4096
#define INPUT_BYTES (1u << 20)

struct tally {
	unsigned cases;
	unsigned failed;
};

static bool read_file(const char *path, uint8_t *data, size_t *size)
{
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		return false;
	*size = fread(data, 1, INPUT_BYTES, file);
	bool ok = ferror(file) == 0 && *size < INPUT_BYTES;

	fclose(file);
	return ok;
}

static bool survives(const char *path)
{
	static uint8_t data[INPUT_BYTES];
	size_t size;
	int status;

	if (!read_file(path, data, &size))
		return false;
	fflush(stdout);
	pid_t child = fork();

	if (child == 0)
		exit(LLVMFuzzerTestOneInput(data, size));
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void replay_file(const char *path, struct tally *tally)
{
	const char *slash = strrchr(path, '/');
	bool ok = survives(path);

	tally->cases++;
	tally->failed += ok ? 0 : 1;
	printf("%s %u - %s\n", ok ? "ok" : "not ok", tally->cases, slash ? slash + 1 : path);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void replay_folder(const char *folder, struct tally *tally)
{
	struct dirent **entries;
	char path[PATH_BYTES];
	int count = scandir(folder, &entries, is_visible, by_name);

	for (int i = 0; i < count; i++) {
		int n = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);

		if (n > 0 && (size_t)n < sizeof path)
			replay_file(path, tally);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void replay(const char *path, struct tally *tally)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		replay_folder(path, tally);
	else
		replay_file(path, tally);
}

/* The program fuzz_packet has its corpus in the folder `packet`. */
static void default_corpus(const char *program, char path[PATH_BYTES])
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;
	const char *top = getenv("top_srcdir");

	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(path, PATH_BYTES, "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
}

int main(int argc, char **argv)
{
	struct tally tally = {0, 0};
	char corpus[PATH_BYTES];

	for (int i = 1; i < argc; i++)
		replay(argv[i], &tally);
	if (argc == 1) {
		default_corpus(argv[0], corpus);
		replay(corpus, &tally);
	}
	if (tally.cases == 0)
		printf("Bail out! no corpus\n");
	printf("1..%u\n", tally.cases);
	return tally.cases > 0 && tally.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
