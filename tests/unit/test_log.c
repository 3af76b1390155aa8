/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log, read back from the file that stderr is led to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* Stderr as a temporary file: its other end, and the real stderr to go back to. */
struct capture {
	FILE *file;
	int real_stderr;
	char text[8192];
};

static int capture_begin(void **state)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	if (!capture)
		return -1;
	capture->file = tmpfile();
	capture->real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (!capture->file || capture->real_stderr < 0)
		return -1;
	fflush(stderr);
	if (dup2(fileno(capture->file), STDERR_FILENO) < 0)
		return -1;
	unsetenv("JOURNAL_STREAM");
	log_set_level(LOG_LEVEL_INFO);
	*state = capture;
	return 0;
}

static int capture_end(void **state)
{
	struct capture *capture = *state;

	dup2(capture->real_stderr, STDERR_FILENO);
	close(capture->real_stderr);
	fclose(capture->file);
	free(capture);
	return 0;
}

/* What was logged since the beginning of the test. */
static const char *captured(struct capture *capture)
{
	ssize_t len = pread(STDERR_FILENO, capture->text, sizeof(capture->text) - 1, 0);

	capture->text[len > 0 ? len : 0] = '\0';
	return capture->text;
}

static void a_record_is_a_line_with_its_level(void **state)
{
	log_error("cannot attach %s: %d", "hook", 7);
	log_warning("careful");
	log_info("started");
	assert_string_equal(captured(*state), "faultline: error: cannot attach hook: 7\n"
					      "faultline: warning: careful\n"
					      "faultline: info: started\n");
}

static void levels_below_the_threshold_are_silent(void **state)
{
	assert_int_equal(log_get_level(), LOG_LEVEL_INFO);
	log_debug("too much detail");
	assert_string_equal(captured(*state), "");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("detail");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("careful");
	log_error("broken");
	assert_string_equal(captured(*state),
			    "faultline: debug: detail\nfaultline: error: broken\n");
}

static void control_bytes_cannot_forge_a_record(void **state)
{
	log_warning("one\nfaultline: error: two\r\n\033[2J\tthree\177");
	assert_string_equal(captured(*state),
			    "faultline: warning: one faultline: error: two   [2J three \n");
}

static void a_long_message_is_cut_to_one_line(void **state)
{
	char message[5000];
	const char *text;

	memset(message, 'x', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	log_error("%s", message);
	text = captured(*state);
	assert_int_equal(strlen(text), 2048);
	assert_string_equal(text + 2048 - 5, "x...\n");
	assert_ptr_equal(strchr(text, '\n'), text + 2047);
}

static void the_longest_message_is_whole(void **state)
{
	const size_t room = 2047 - strlen("faultline: error: ");
	char message[2048];
	const char *text;

	memset(message, 'x', room);
	message[room] = '\0';
	log_error("%s", message);
	text = captured(*state);
	assert_int_equal(strlen(text), 2048);
	assert_string_equal(text + 2048 - 3, "xx\n");
}

static void errno_is_kept_and_usable(void **state)
{
	errno = ENOENT;
	log_error("open: %m");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(captured(*state),
			    "faultline: error: open: No such file or directory\n");
}

static void the_journal_gets_priorities(void **state)
{
	struct stat status;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_set_level(LOG_LEVEL_DEBUG);
	log_error("a");
	log_warning("b");
	log_info("c");
	log_debug("d");
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(captured(*state), "<3>a\n<4>b\n<6>c\n<7>d\n");
}

static void a_stream_that_is_not_ours_is_ignored(void **state)
{
	static const char *const streams[] = {"1:1", "", "x", "8", "8:", "8:1:2"};

	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		setenv("JOURNAL_STREAM", streams[i], 1);
		log_error("a");
	}
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(captured(*state),
			    "faultline: error: a\nfaultline: error: a\nfaultline: error: a\n"
			    "faultline: error: a\nfaultline: error: a\nfaultline: error: a\n");
}

static void repeats_are_held_back_and_counted(void **state)
{
	struct log_limit limit = {0};

	log_limited(&limit, LOG_LEVEL_WARNING, "lost %d", 1);
	assert_true(limit.next_ns > 0);
	limit.next_ns = UINT64_MAX; /* a moment that does not come during the test */
	log_limited(&limit, LOG_LEVEL_WARNING, "lost %d", 2);
	log_limited(&limit, LOG_LEVEL_WARNING, "lost %d", 3);
	assert_string_equal(captured(*state), "faultline: warning: lost 1\n");
	assert_int_equal(limit.held_back, 2);
	limit.next_ns = 1; /* long past */
	log_limited(&limit, LOG_LEVEL_WARNING, "lost %d", 4);
	assert_int_equal(limit.held_back, 0);
	assert_string_equal(
		captured(*state),
		"faultline: warning: lost 1\nfaultline: warning: lost 4\n"
		"faultline: warning: 2 more like the last line were held back before it\n");
}

static void a_silent_level_uses_up_no_limit(void **state)
{
	struct log_limit limit = {0};

	log_limited(&limit, LOG_LEVEL_DEBUG, "detail");
	assert_true(limit.next_ns == 0);
	assert_string_equal(captured(*state), "");
}

static void each_place_has_its_own_limit(void **state)
{
	for (int i = 0; i < 3; i++)
		log_warning_limited("first");
	log_warning_limited("second");
	assert_string_equal(captured(*state),
			    "faultline: warning: first\nfaultline: warning: second\n");
}

#define captured_test(test) cmocka_unit_test_setup_teardown(test, capture_begin, capture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		captured_test(a_record_is_a_line_with_its_level),
		captured_test(levels_below_the_threshold_are_silent),
		captured_test(control_bytes_cannot_forge_a_record),
		captured_test(a_long_message_is_cut_to_one_line),
		captured_test(the_longest_message_is_whole),
		captured_test(errno_is_kept_and_usable),
		captured_test(the_journal_gets_priorities),
		captured_test(a_stream_that_is_not_ours_is_ignored),
		captured_test(repeats_are_held_back_and_counted),
		captured_test(a_silent_level_uses_up_no_limit),
		captured_test(each_place_has_its_own_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
