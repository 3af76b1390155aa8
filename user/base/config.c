/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration: from a file, through its checks, to one object.
 *
 * The text becomes a tree (yaml_document.c); the tree is compared with the schema
 * (config_schema.c, config_walk.c) and each value checked by itself (config_value.c); libcyaml then
 * fills raw structures, config_build.c turns them into the configuration, and config_check.c looks
 * at what several values together make wrong.  A mistake of shape ends it before libcyaml, any
 * other is reported and the checks go on, so that one run tells nearly everything.
 */
#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/config_build.h"
#include "base/config_check.h"
#include "base/config_parse.h"
#include "base/config_schema.h"
#include "base/config_walk.h"
#include "base/mistakes.h"
#include "base/pool.h"
#include "base/yaml_document.h"

#define FILE_LIMIT_BYTES (1024 * 1024)

/* What the caller holds is the first member; the pool owns this too. */
struct owned_config {
	struct config config;
	struct pool *pool;
};

/* The steps of one parse hand each other this. */
struct parse {
	const char *text;
	size_t len;
	yaml_document_t document;
	struct mistakes mistakes;
	struct pool *pool;
	struct config *config;
};

static const struct place start_of_file = {.line = 1, .column = 1};

static int no_memory(struct parse *parse)
{
	mistake(&parse->mistakes, start_of_file, "", "not enough memory to read the file");
	return -ENOMEM;
}

static int build_and_check(struct parse *parse, const struct raw_config *raw)
{
	struct config_check check = {
		.config = parse->config,
		.document = &parse->document,
		.mistakes = &parse->mistakes,
	};

	if (config_build(parse->config, raw, parse->pool) != 0 ||
	    config_check(&check, parse->pool) != 0)
		return no_memory(parse);
	return 0;
}

/* Has libcyaml read the text, which is known to fit the schema. */
static int load_and_build(struct parse *parse)
{
	const cyaml_config_t settings = {
		.mem_fn = pool__realloc,
		.mem_ctx = parse->pool,
	};
	cyaml_data_t *raw = NULL;
	cyaml_err_t loaded;
	int err;

	loaded = cyaml_load_data((const uint8_t *)parse->text, parse->len, &settings,
				 &config_schema, &raw, NULL);
	/* libyaml has parsed this text once already, so that only memory can be short. */
	if (loaded == CYAML_ERR_OOM || loaded == CYAML_ERR_LIBYAML_PARSER_INIT ||
	    loaded == CYAML_ERR_LIBYAML_PARSER)
		return no_memory(parse);
	if (loaded != CYAML_OK) {
		mistake(&parse->mistakes, start_of_file, "", "libcyaml cannot load it: %s",
			cyaml_strerror(loaded));
		return -EINVAL;
	}
	err = build_and_check(parse, raw);
	cyaml_free(&settings, &config_schema, raw, 0);
	return err;
}

static int parse_document(struct parse *parse)
{
	static const struct raw_config nothing;
	yaml_node_t *root = yaml_document_get_root_node(&parse->document);
	int err;

	if (!root || node_is_null(root))
		err = build_and_check(parse, &nothing);
	else if (config_walk(&parse->document, &config_schema, &parse->mistakes) > 0)
		err = -EINVAL;
	else
		err = load_and_build(parse);
	return !err && parse->mistakes.count > 0 ? -EINVAL : err;
}

int config_parse_limited(const char *name, const char *text, size_t len,
			 unsigned long allocation_limit, struct config **config, FILE *errors)
{
	struct parse parse = {
		.text = text,
		.len = len,
		.mistakes = {.file = name, .out = errors},
		.pool = pool__new(allocation_limit),
	};
	struct owned_config *owned;
	int err;

	owned = parse.pool ? pool__zalloc(parse.pool, 1, sizeof(*owned)) : NULL;
	if (!owned) {
		err = no_memory(&parse);
		goto out;
	}
	owned->pool = parse.pool;
	parse.config = &owned->config;
	err = parse_yaml(text, len, &parse.document, &parse.mistakes);
	if (err)
		goto out;
	err = parse_document(&parse);
	yaml_document_delete(&parse.document);
	if (err)
		goto out;
	*config = parse.config;
	parse.pool = NULL;
out:
	pool__free(parse.pool);
	return err;
}

int config__parse(const char *name, const char *text, size_t len, struct config **config,
		  FILE *errors)
{
	return config_parse_limited(name, text, len, POOL_UNLIMITED, config, errors);
}

void config__free(struct config *config)
{
	if (config)
		pool__free(((struct owned_config *)config)->pool);
}

/* Reads until the end or FILE_LIMIT_BYTES + 1; the number of bytes, or -errno. */
static ssize_t read_all(int fd, char *text)
{
	size_t len = 0;

	while (len < FILE_LIMIT_BYTES + 1) {
		ssize_t got = read(fd, text + len, FILE_LIMIT_BYTES + 1 - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += got;
	}
	return len;
}

/* 0 with a text in *text from @pool, or -errno. */
static int read_file(const char *path, struct pool *pool, char **text, size_t *len)
{
	ssize_t got;
	int fd;

	*text = pool__realloc(pool, NULL, FILE_LIMIT_BYTES + 1);
	if (!*text)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read_all(fd, *text);
	close(fd);
	if (got < 0)
		return got;
	if (got > FILE_LIMIT_BYTES)
		return -EFBIG;
	*len = got;
	return 0;
}

static int load(const char *path, struct config **config, char **copy, size_t *copy_len,
		FILE *errors)
{
	const char *name = path ? path : CONFIG_DEFAULT_FILE;
	struct pool *pool = pool__new(POOL_UNLIMITED);
	char *text = NULL, *kept = NULL;
	size_t len = 0;
	int err;

	err = pool ? read_file(name, pool, &text, &len) : -ENOMEM;
	if (err == -ENOENT && !path)
		err = 0; /* no file is as good as an empty one */
	if (!err && copy) {
		kept = calloc(1, len + 1);
		if (kept && len)
			memcpy(kept, text, len);
		err = kept ? 0 : -ENOMEM;
	}
	if (err == -EFBIG)
		fprintf(errors, "%s: larger than 1 MiB; expected a configuration\n", name);
	else if (err)
		fprintf(errors, "%s: cannot be read: %s; expected a file in YAML\n", name,
			strerror(-err));
	else
		err = config__parse(name, text, len, config, errors);
	pool__free(pool);
	if (err || !copy) {
		free(kept);
		return err;
	}
	*copy = kept;
	*copy_len = len;
	return 0;
}

int config__load(const char *path, struct config **config, FILE *errors)
{
	return load(path, config, NULL, NULL, errors);
}

int config__load_text(const char *path, struct config **config, char **text, size_t *len,
		      FILE *errors)
{
	return load(path, config, text, len, errors);
}

const char *link_kind_name(enum link_kind kind)
{
	return kind_word(RAW_WORD(kind));
}

const char *side_name(enum side side)
{
	return side_word(RAW_WORD(side));
}
