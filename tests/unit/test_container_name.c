/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cgroup paths as runtimes make them, and what others might make of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clean_name.h"
#include "sense/container_name.h"

#define ID	    "3f2a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcd"
#define ID2	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define UID	    "6d1c0b2e-4f5a-4b6c-8d7e-9f0a1b2c3d4e"
#define SYSTEMD_UID "6d1c0b2e_4f5a_4b6c_8d7e_9f0a1b2c3d4e"
#define BURSTABLE   "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"

static const struct example {
	const char *path, *container, *runtime, *pod, *unit;
} examples[] = {
	{"/docker/" ID, ID, "docker", "", ""},
	{"/system.slice/docker-" ID ".scope", ID, "docker", "", ""},
	{"/docker/" ID "/system.slice/nginx.service", ID, "docker", "", "nginx.service"},
	{"/docker/" ID "/kubepods/besteffort/pod" UID "/" ID2, ID2, "", UID, ""},
	{"/kubepods/burstable/pod" UID "/" ID, ID, "", UID, ""},
	{"/kubepods/pod" UID "/crio-" ID, ID, "cri-o", UID, ""},
	{BURSTABLE SYSTEMD_UID ".slice/cri-containerd-" ID ".scope", ID, "containerd", UID, ""},
	{BURSTABLE SYSTEMD_UID ".slice/crio-" ID ".scope", ID, "cri-o", UID, ""},
	{BURSTABLE SYSTEMD_UID ".slice/docker-" ID ".scope", ID, "docker", UID, ""},
	{BURSTABLE SYSTEMD_UID ".slice:cri-containerd:" ID, ID, "containerd", UID, ""},
	{"/system.slice/containerd.service/kubepods-burstable-pod" SYSTEMD_UID
	 ".slice:cri-containerd:" ID,
	 ID, "containerd", UID, ""},
	{"/kubepods/burstable/pod0123456789abcdef0123456789abcdef/" ID, ID, "",
	 "0123456789abcdef0123456789abcdef", ""},
	{"/machine.slice/libpod-" ID ".scope/container", ID, "podman", "", ""},
	{"/libpod_parent/libpod-" ID, ID, "podman", "", ""},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", ID,
	 "podman", "", ""},
	{"/system.slice/nerdctl-" ID ".scope", ID, "containerd", "", ""},
	{"/default/" ID, ID, "", "", ""},
	{"/lxc/web", "web", "lxc", "", ""},
	{"/lxc.payload.web/system.slice/ssh.service", "web", "lxc", "", "ssh.service"},
	{"/machine.slice/systemd-nspawn@deb.service/payload", "deb", "nspawn", "", ""},
	/* Beside a container, and not in it. */
	{"/machine.slice/libpod-conmon-" ID ".scope", "", "", "", "libpod-conmon-" ID ".scope"},
	{"/kubepods.slice/crio-conmon-" ID ".scope", "", "", "", "crio-conmon-" ID ".scope"},
	{"/docker/buildx", "", "", "", ""},
	/* Units. */
	{"/system.slice/mymate.service", "", "", "", "mymate.service"},
	{"/system.slice/system-getty.slice/getty@tty1.service", "", "", "", "getty@tty1.service"},
	{"/user.slice/user-1000.slice/session-3.scope", "", "", "", "session-3.scope"},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/feed.service", "", "", "",
	 "feed.service"},
	{"/init.scope", "", "", "", "init.scope"},
	/* Nothing to be told. */
	{"/", "", "", "", ""},
	{"", "", "", "", ""},
	{"///", "", "", "", ""},
	{"/.service/.scope", "", "", "", ""},
	{"/docker-.scope", "", "", "", "docker-.scope"},
	{"/docker-" ID ID ".scope", "", "", "", "docker-" ID ID ".scope"},
	{"/poddy", "", "", "", ""},
	{"/kubepods-pod.slice", "", "", "", ""},
	{"/../../" ID, ID, "", "", ""},
	/* Of somebody who wants to be seen. */
	{"/system.slice/\x1b[31m\xff<b>.service", "", "", "", "?[31m?<b>.service"},
	{"/lxc/\xe2\x80\xae"
	 "bew",
	 "?bew", "lxc", "", ""},
};

static void paths_are_read_as_runtimes_write_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		const struct example *example = &examples[i];
		struct container_name name;

		memset(&name, 0xa5, sizeof(name));
		parse_container_path(example->path, &name);
		print_message("%s\n", example->path);
		assert_string_equal(name.container, example->container);
		assert_string_equal(name.runtime, example->runtime);
		assert_string_equal(name.pod, example->pod);
		assert_string_equal(name.unit, example->unit);
	}
}

static void a_path_that_does_not_fit_is_left_out(void **state)
{
	char path[2 * CONTAINER_CGROUP_LEN + 200];
	struct container_name name;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	strcpy(path + sizeof(path) - strlen("/docker/" ID) - 1, "/docker/" ID);
	parse_container_path(path, &name);
	assert_string_equal(name.cgroup, "");
	assert_string_equal(name.container, ID);
}

static void the_hierarchy_that_tells_most_is_taken(void **state)
{
	static const struct {
		const char *text, *cgroup;
	} files[] = {
		{"0::/system.slice/a.service\n", "/system.slice/a.service"},
		{"12:pids:/x\n1:name=systemd:/system.slice/a.service\n0::/\n",
		 "/system.slice/a.service"},
		{"2:cpu,cpuacct:/docker/" ID "\n1:name=systemd:/docker/" ID "\n0::/\n",
		 "/docker/" ID},
		{"2:cpu:/docker/" ID "\n0::/system.slice/a.service\n", "/docker/" ID},
		{"1:name=systemd:/same\n0::/same\n", "/same"},
		{"3:memory:/only\n0::/\n", "/only"},
		{"0::/\n", "/"},
		{"0::/a:b:c\n", "/a:b:c"},
		{"0::/no newline", "/no newline"},
	};
	struct container_name name;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		assert_true(parse_container(files[i].text, &name));
		assert_string_equal(name.cgroup, files[i].cgroup);
	}
	assert_false(parse_container("", &name));
	assert_false(parse_container("nothing\n\n:\n", &name));
	assert_string_equal(name.cgroup, "");
}

static void names_are_cleaned(void **state)
{
	static const struct {
		const char *from, *to;
	} names[] = {
		{"mymate", "mymate"},
		{"日本", "日本"},
		{"\x1b[31m<b>\"'&\n", "?[31m<b>\"'&?"},
		{"\xe6\x97", "??"},
		{"a\xff\xc0\xaf"
		 "b",
		 "a???b"},
		{"\xed\xa0\x80", "???"},
		{"\xf4\x90\x80\x80", "????"},
		{"\xe2\x80\xae"
		 "gpj.exe",
		 "?gpj.exe"},
		{"\xc2\x9b"
		 "31m",
		 "?31m"},
		{"\x7f", "?"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *name = strdup(names[i].from);

		assert_string_equal(clean_name(name), names[i].to);
		free(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_read_as_runtimes_write_them),
		cmocka_unit_test(a_path_that_does_not_fit_is_left_out),
		cmocka_unit_test(the_hierarchy_that_tells_most_is_taken),
		cmocka_unit_test(names_are_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
