/* The journal's files (segments): loading, appending, starting a new one, pruning. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "journal.h"
#include "tenantfs/file.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"

/* A segment is "00000000000000000012.log"; the text of intent 12 is "00000000000000000012.text". */
enum { NAME_DIGITS = 20, NAME = 32, CHUNK = 256 << 10 };

static void segment_name(uint64_t first, char out[NAME])
{
	snprintf(out, NAME, "%0*llu.log", NAME_DIGITS, (unsigned long long)first);
}

static char *segment_path(const struct tfs_journal *journal, uint64_t first)
{
	char name[NAME], *path;

	segment_name(first, name);
	return asprintf(&path, "%s/%s", journal->dir, name) < 0 ? NULL : path;
}

char *journal_text_path(const struct tfs_journal *journal, uint64_t intent)
{
	char *path;

	return asprintf(&path, "%s/%0*llu.text", journal->dir, NAME_DIGITS, (unsigned long long)intent) < 0 ? NULL
													    : path;
}

/* The number in a file name; 0: not a file of the journal. */
static uint64_t number_of(const char *name, const char *ending)
{
	unsigned long long number;
	char *end;

	if (strlen(name) != NAME_DIGITS + strlen(ending) || strspn(name, "0123456789") != NAME_DIGITS)
		return 0;
	errno = 0;
	number = strtoull(name, &end, 10);
	return errno == 0 && strcmp(end, ending) == 0 ? number : 0;
}

static int add_segment(struct tfs_journal *journal, uint64_t first)
{
	struct segment *segments = reallocarray(journal->segments, journal->n_segments + 1, sizeof(*segments));

	if (!segments)
		return -ENOMEM;
	journal->segments = segments;
	segments[journal->n_segments++] = (struct segment){ .first = first };
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct segment *one = a, *other = b;

	return one->first < other->first ? -1 : one->first > other->first;
}

static int list_files(struct tfs_journal *journal, struct tfs_error *error)
{
	DIR *dir = opendir(journal->dir);
	const struct dirent *found;
	int r = 0;

	if (!dir)
		return tfs_error_set(error, -errno, "journal", "cannot read %s: %s", journal->dir,
				     strerrordesc_np(errno));
	while (r == 0 && (found = readdir(dir)))
		if (number_of(found->d_name, ".log") != 0)
			r = add_segment(journal, number_of(found->d_name, ".log"));
	closedir(dir);
	if (r < 0)
		return tfs_error_set_memory(error);
	if (journal->n_segments > 1)
		qsort(journal->segments, journal->n_segments, sizeof(*journal->segments), by_first);
	return 0;
}

static void load_number(struct tfs_journal *journal, uint64_t number)
{
	if (number >= journal->next)
		journal->next = number + 1;
}

/* Settles the outcome's intent. An outcome whose intent was pruned is ignored. */
static int load_outcome(struct tfs_journal *journal, const struct frame *frame, const struct line_ref *line)
	TFS_HOLDS(journal->lock)
{
	cleanup_json json_t *value = NULL;
	struct entry *entry;

	if (tfs_json_parse(frame->json, frame->json_len, &value, NULL) < 0)
		return 0;
	entry = journal_entry_find(journal, (uint64_t)json_integer_value(json_object_get(value, "intent")));
	if (!entry || entry->seq != 0)
		return 0;
	entry->outcome_at = *line;
	journal_entry_settle(journal, entry, frame->seq);
	return 0;
}

static int load_line(struct tfs_journal *journal, const struct frame *frame, const struct line_ref *line)
	TFS_HOLDS(journal->lock)
{
	struct entry *entry;

	load_number(journal, frame->seq);
	switch (frame->letter) {
	case FRAME_INTENT:
		/* A later copy (see copy_open_intents) replaces the first line. */
		entry = journal_entry_find(journal, frame->seq);
		if (!entry)
			entry = journal_entry_add(journal, frame->seq);
		if (!entry)
			return -ENOMEM;
		entry->intent_at = *line;
		return 0;
	case FRAME_OUTCOME:
		return load_outcome(journal, frame, line);
	case FRAME_RECORDED:
		journal->has_recorder = true;
		if (frame->seq > journal->recorded)
			journal->recorded = frame->seq;
		return 0;
	default:
		return 0;
	}
}

/* Loads every intact line. `*ret_good`: the end of the last one. */
static int scan(struct tfs_journal *journal, uint64_t first, const struct tfs_buf *bytes, size_t *ret_good)
	TFS_HOLDS(journal->lock)
{
	size_t at = 0, good = 0, damaged = 0;

	while (at < bytes->len) {
		const char *end = memchr(bytes->data + at, '\n', bytes->len - at);
		struct frame frame;
		int r = journal_frame_read(bytes->data + at, bytes->len - at, &frame);

		if (r == 0) {
			r = load_line(journal, &frame, &(struct line_ref){ first, at, frame.len });
			if (r < 0)
				return r;
			at += frame.len;
			good = at;
			journal->stats.damaged += damaged;
			damaged = 0;
			continue;
		}
		damaged++;
		at = end ? (size_t)(end - bytes->data) + 1 : bytes->len;
	}
	*ret_good = good;
	return 0;
}

/* Bytes after the last intact line of the last segment are from a write that a crash interrupted. */
static int cut_tail(struct tfs_journal *journal, const char *path, size_t good, size_t len)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	if (good < len) {
		tfs_log(TFS_LOG_INFO, 0, "%s: removed %zu bytes of an interrupted write", path, len - good);
		if (ftruncate(fd, (off_t)good) < 0) {
			close(fd);
			return 0; /* the next write starts another segment */
		}
	}
	journal->fd = fd;
	journal->reserved = good;
	return 0;
}

static int load_segment(struct tfs_journal *journal, size_t i, struct tfs_error *error) TFS_HOLDS(journal->lock)
{
	struct segment *segment = &journal->segments[i];
	cleanup_free char *path = segment_path(journal, segment->first);
	struct tfs_buf bytes cleanup_buf = TFS_BUF_INIT((size_t)4 << 30);
	size_t good = 0;
	int r;

	if (!path)
		return tfs_error_set_memory(error);
	r = tfs_file_read(path, &bytes, error);
	if (r == 0)
		r = scan(journal, segment->first, &bytes, &good);
	if (r < 0)
		return error->code != 0 ? r : tfs_error_set_memory(error);
	segment->bytes = bytes.len;
	if (i + 1 == journal->n_segments) {
		cut_tail(journal, path, good, bytes.len);
		if (journal->fd >= 0)
			segment->bytes = good;
	}
	journal->stats.bytes += segment->bytes;
	return 0;
}

/* Removes the text files of intents that are settled or were never written. */
static void drop_orphan_texts(struct tfs_journal *journal) TFS_HOLDS(journal->lock)
{
	DIR *dir = opendir(journal->dir);
	const struct dirent *found;

	while (dir && (found = readdir(dir))) {
		uint64_t intent = number_of(found->d_name, ".text");
		struct entry *entry = intent != 0 ? journal_entry_find(journal, intent) : NULL;

		if (entry && entry->seq == 0)
			entry->has_text_file = true;
		else if (intent != 0)
			unlinkat(dirfd(dir), found->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

int journal_segments_load(struct tfs_journal *journal, struct tfs_error *error)
{
	int r = list_files(journal, error);

	tfs_mutex_lock(&journal->lock);
	for (size_t i = 0; i < journal->n_segments && r == 0; i++) {
		load_number(journal, journal->segments[i].first - 1);
		r = load_segment(journal, i, error);
	}
	load_number(journal, journal->recorded);
	if (r == 0)
		drop_orphan_texts(journal);
	tfs_mutex_unlock(&journal->lock);
	if (r == 0 && journal->stats.damaged > 0)
		tfs_log(TFS_LOG_WARNING, 0, "%s: %zu lines cannot be read", journal->dir, journal->stats.damaged);
	return r;
}

static int sync_dir(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
}

/* A file size limit and an exhausted quota count as a full disk. */
static int disk_error(int code)
{
	return code == EFBIG || code == EDQUOT ? -ENOSPC : -code;
}

void journal_segments_close(struct tfs_journal *journal)
{
	if (journal->fd < 0)
		return;
	/* Releases the reserved disk space. */
	if (journal->n_segments > 0 &&
	    ftruncate(journal->fd, (off_t)journal->segments[journal->n_segments - 1].bytes) < 0)
		errno = 0;
	close(journal->fd);
	journal->fd = -1;
}

static int write_bytes(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return disk_error(errno);
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

/* Each segment begins with the history's position, because older segments may be pruned. */
static int write_recorded(struct tfs_journal *journal)
{
	struct tfs_buf line cleanup_buf = TFS_BUF_INIT(256);
	cleanup_json json_t *nothing = json_object();
	struct segment *last = &journal->segments[journal->n_segments - 1];
	bool has;
	uint64_t recorded;
	int r;

	tfs_mutex_lock(&journal->lock);
	has = journal->has_recorder;
	recorded = journal->recorded;
	tfs_mutex_unlock(&journal->lock);
	if (!has)
		return 0;
	r = journal_frame_print(&line, FRAME_RECORDED, recorded, nothing);
	if (r == 0)
		r = write_bytes(journal->fd, line.data, line.len);
	if (r == 0)
		last->bytes += line.len;
	return r;
}

static int start_file(struct tfs_journal *journal)
{
	uint64_t first;
	cleanup_free char *path = NULL;
	int fd, r;

	journal_segments_close(journal);
	tfs_mutex_lock(&journal->lock);
	first = journal->next++;
	tfs_mutex_unlock(&journal->lock);
	path = segment_path(journal, first);
	if (!path)
		return -ENOMEM;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return disk_error(errno);
	r = sync_dir(journal->dir);
	tfs_mutex_lock(&journal->lock);
	assert(journal->n_segments == 0 || journal->segments[journal->n_segments - 1].first < first);
	if (r == 0)
		r = add_segment(journal, first);
	tfs_mutex_unlock(&journal->lock);
	if (r < 0) {
		close(fd);
		unlink(path);
		return r;
	}
	journal->fd = fd;
	journal->reserved = 0;
	return write_recorded(journal);
}

/*
 * Allocates disk space for these bytes and for the outcomes of the open intents, so that a full disk refuses
 * the intent, not the outcome. Allocates in large steps.
 */
static int reserve(struct tfs_journal *journal, size_t at, size_t len, size_t outcome_room)
{
	size_t need = at + len + outcome_room, want = (need / CHUNK + 1) * CHUNK;

	if (need <= journal->reserved)
		return 0;
	if (fallocate(journal->fd, FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)(want - at)) == 0) {
		journal->reserved = want;
		return 0;
	}
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return 0;
	if (fallocate(journal->fd, FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)(need - at)) < 0)
		return disk_error(errno);
	journal->reserved = need;
	return 0;
}

int journal_segments_append(struct tfs_journal *journal, const char *bytes, size_t len, bool sync, struct line_ref *ret)
{
	struct segment *last;
	size_t outcome_room;
	int r = 0;

	if (journal->fd < 0 || journal->segments[journal->n_segments - 1].bytes >= journal->segment)
		r = start_file(journal);
	if (r < 0)
		return r;
	assert(journal->fd >= 0 && journal->n_segments > 0);
	last = &journal->segments[journal->n_segments - 1];
	tfs_mutex_lock(&journal->lock);
	outcome_room = journal->outcome_room;
	tfs_mutex_unlock(&journal->lock);
	if (sync)
		r = reserve(journal, last->bytes, len, outcome_room);
	if (r == 0)
		r = write_bytes(journal->fd, bytes, len);
	if (r == 0 && sync && fdatasync(journal->fd) < 0)
		r = disk_error(errno);
	if (r < 0) {
		/*
		 * None of the bytes may remain. If they cannot be removed, or a sync failed, a new segment
		 * follows.
		 */
		if (ftruncate(journal->fd, (off_t)last->bytes) < 0 || r == -EIO)
			journal_segments_close(journal);
		journal->reserved = 0;
		return r;
	}
	*ret = (struct line_ref){ .file = last->first, .offset = last->bytes, .len = len };
	tfs_mutex_lock(&journal->lock);
	last->bytes += len;
	journal->stats.bytes += len;
	journal->stats.syncs += sync;
	tfs_mutex_unlock(&journal->lock);
	return 0;
}

int journal_segment_read(struct tfs_journal *journal, const struct line_ref *line, struct tfs_buf *out)
{
	cleanup_free char *path = segment_path(journal, line->file);
	cleanup_close int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	ssize_t got;
	int r;

	if (fd < 0)
		return !path ? -ENOMEM : -errno;
	r = tfs_buf_reserve(out, line->len);
	if (r < 0)
		return r;
	got = pread(fd, out->data + out->len, line->len, (off_t)line->offset);
	if (got != (ssize_t)line->len)
		return got < 0 ? -errno : -EBADMSG;
	tfs_buf_grow(out, line->len);
	return 0;
}

/* Whether the history has not yet recorded a change of this segment. */
static bool is_needed(const struct tfs_journal *journal, uint64_t first) TFS_HOLDS(journal->lock)
{
	if (!journal->has_recorder || journal->stats.bytes > journal->max_unrecorded)
		return false;
	for (const struct entry *entry = journal->settled; entry; entry = entry->next)
		if (entry->seq > journal->recorded &&
		    (entry->intent_at.file == first || entry->outcome_at.file == first))
			return true;
	return false;
}

/*
 * An intent of the segment whose outcome is not written. It stays valid: only the writing thread prunes
 * entries.
 */
static struct entry *find_unsettled(struct tfs_journal *journal, uint64_t first)
{
	struct entry *entry, *next, *found = NULL;

	tfs_mutex_lock(&journal->lock);
	HASH_ITER (hh, journal->entries, entry, next) {
		if (entry->intent_at.file == first && entry->outcome_at.file == 0)
			found = entry;
	}
	tfs_mutex_unlock(&journal->lock);
	return found;
}

/* Copies the oldest segment's open intents to the end, so that an open intent does not prevent pruning. */
static int copy_open_intents(struct tfs_journal *journal, uint64_t first)
{
	struct entry *entry;
	int r = 0;

	while (r == 0 && (entry = find_unsettled(journal, first))) {
		struct tfs_buf bytes cleanup_buf = TFS_BUF_INIT(FRAME_MAX);
		struct line_ref line;

		r = journal_segment_read(journal, &entry->intent_at, &bytes);
		if (r == 0)
			r = journal_segments_append(journal, bytes.data, bytes.len, true, &line);
		if (r < 0)
			return r;
		tfs_mutex_lock(&journal->lock);
		entry->intent_at = line;
		tfs_mutex_unlock(&journal->lock);
	}
	return r;
}

static void drop_segment(struct tfs_journal *journal, uint64_t first) TFS_HOLDS(journal->lock)
{
	struct entry *entry, *next;

	HASH_ITER (hh, journal->entries, entry, next) {
		if (entry->outcome_at.file != 0 && (entry->intent_at.file == first || entry->outcome_at.file == first))
			journal_entry_remove(journal, entry);
	}
	assert(journal->n_segments > 1 && journal->segments[0].first == first);
	journal->stats.bytes -= journal->segments[0].bytes;
	journal->n_segments--;
	memmove(journal->segments, journal->segments + 1, journal->n_segments * sizeof(*journal->segments));
}

void journal_segments_prune(struct tfs_journal *journal)
{
	/* Once for each new segment is enough. */
	if (journal->n_segments == 0 || journal->segments[journal->n_segments - 1].first == journal->pruned_for)
		return;
	journal->pruned_for = journal->segments[journal->n_segments - 1].first;
	while (journal->n_segments > 1) {
		uint64_t first = journal->segments[0].first;
		cleanup_free char *path = segment_path(journal, first);
		bool prune;

		tfs_mutex_lock(&journal->lock);
		prune = journal->stats.bytes > journal->keep && !is_needed(journal, first);
		tfs_mutex_unlock(&journal->lock);
		if (!prune || !path || copy_open_intents(journal, first) < 0 || unlink(path) < 0)
			return;
		tfs_mutex_lock(&journal->lock);
		drop_segment(journal, first);
		tfs_mutex_unlock(&journal->lock);
	}
}
