/* The journal's interface: writes and reads intents and outcomes. */
#include "journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tenantfs/file.h"
#include "tenantfs/lock.h"
#include "tenantfs/secret.h"

enum { SEGMENT = 1 << 20, KEEP = 16 << 20, MAX_UNRECORDED = 256 << 20, OUTCOME_ROOM = 2048, BATCH = 128 };

int tfs_journal_open(const struct tfs_journal_options *options, struct tfs_journal **ret, struct tfs_error *error)
{
	struct tfs_journal *journal = calloc(1, sizeof(*journal));
	int r;

	if (!journal)
		return tfs_error_set_memory(error);
	if (tfs_mutex_init(&journal->lock) < 0) {
		free(journal);
		return tfs_error_set_memory(error);
	}
	journal->fd = -1;
	journal->next = 1;
	journal->segment = options->segment != 0 ? options->segment : SEGMENT;
	journal->keep = options->keep != 0 ? options->keep : KEEP;
	journal->max_unrecorded = options->max_unrecorded != 0 ? options->max_unrecorded : MAX_UNRECORDED;
	journal->dir = strdup(options->dir);
	if (!journal->dir)
		r = tfs_error_set_memory(error);
	else
		r = tfs_file_make_private_dir(journal->dir, error);
	if (r == 0)
		r = journal_segments_load(journal, error);
	if (r < 0) {
		tfs_journal_close(journal);
		return r;
	}
	*ret = journal;
	return 0;
}

void tfs_journal_close(struct tfs_journal *journal)
{
	struct record *record;

	if (!journal)
		return;
	journal_queue_flush(journal);
	while ((record = journal->queue)) {
		journal->queue = record->next;
		journal_record_free(record);
	}
	tfs_mutex_lock(&journal->lock);
	while (journal->entries)
		journal_entry_remove(journal, journal->entries);
	tfs_mutex_unlock(&journal->lock);
	journal_segments_close(journal);
	tfs_mutex_destroy(&journal->lock);
	free(journal->segments);
	free(journal->dir);
	free(journal);
}

static void remove_text_file(const struct tfs_journal *journal, uint64_t intent)
{
	cleanup_free char *path = journal_text_path(journal, intent);

	if (path)
		unlink(path);
}

/* The text with the new secrets is kept in a separate file, which is removed when the intent is settled. */
static int write_text_file(const struct tfs_journal *journal, struct tfs_op *op, uint64_t intent, const char *text)
{
	cleanup_free char *path = journal_text_path(journal, intent);

	return !path ? -ENOMEM : tfs_file_write(path, text, strlen(text), 0600, tfs_op_error(op));
}

static size_t text_len(const char *text)
{
	return text ? strlen(text) : 0;
}

static struct entry *add_entry(struct tfs_journal *journal, const struct tfs_intent *intent)
{
	struct entry *entry;

	tfs_mutex_lock(&journal->lock);
	entry = journal_entry_add(journal, journal->next);
	if (entry) {
		journal->next++;
		/* The outcome's document may grow: the server adds members, and JSON escapes it. */
		entry->outcome_room = OUTCOME_ROOM + 2 * (text_len(intent->wanted) + text_len(intent->before));
		entry->has_text_file = intent->text;
		journal->outcome_room += entry->outcome_room;
	}
	tfs_mutex_unlock(&journal->lock);
	return entry;
}

static void drop_entry(struct tfs_journal *journal, struct entry *entry)
{
	if (entry->has_text_file)
		remove_text_file(journal, entry->intent);
	tfs_mutex_lock(&journal->lock);
	journal_entry_remove(journal, entry);
	tfs_mutex_unlock(&journal->lock);
}

static int fail_begin(struct tfs_op *op, int code)
{
	if (code == -EINTR || code == -ETIMEDOUT)
		return code;
	return tfs_fail(op, code, "journal", "nothing was sent, because the journal cannot be written: %s",
			strerrordesc_np(-code));
}

static int write_intent(struct tfs_journal *journal, struct tfs_op *op, const struct tfs_intent *intent,
			struct entry *entry, bool *ret_abandoned)
{
	cleanup_json json_t *value = journal_intent_to_json(intent);
	struct record *record;
	int r = value ? 0 : -ENOMEM;

	*ret_abandoned = false;
	if (r == 0 && intent->text)
		r = write_text_file(journal, op, entry->intent, intent->text);
	if (r < 0)
		return r;
	record = journal_record_new(entry, FRAME_INTENT, entry->intent, value);
	return record ? journal_queue_put(journal, op, record, ret_abandoned) : -ENOMEM;
}

int tfs_journal_begin(struct tfs_journal *journal, struct tfs_op *op, const struct tfs_intent *intent,
		      uint64_t *ret_intent)
{
	struct entry *entry = add_entry(journal, intent);
	uint64_t number;
	bool abandoned;
	int r;

	if (!entry)
		return tfs_fail_memory(op);
	number = entry->intent;
	r = write_intent(journal, op, intent, entry, &abandoned);
	if (r == 0) {
		*ret_intent = number;
		return 0;
	}
	if (abandoned)
		tfs_journal_end(journal, number, &(struct tfs_outcome){ .result = r, .message = "not sent" });
	else
		drop_entry(journal, entry);
	return fail_begin(op, r);
}

int tfs_journal_end(struct tfs_journal *journal, uint64_t intent, const struct tfs_outcome *outcome)
{
	cleanup_json json_t *value = journal_outcome_to_json(intent, outcome);
	struct record *record = NULL;
	struct entry *entry;
	uint64_t seq = 0;
	bool abandoned, has_text_file = false;

	if (!value)
		return -ENOMEM;
	tfs_mutex_lock(&journal->lock);
	entry = journal_entry_find(journal, intent);
	if (entry && entry->seq == 0)
		seq = journal->next;
	if (seq != 0)
		record = journal_record_new(entry, FRAME_OUTCOME, seq, value);
	if (record) {
		journal->next++;
		journal->stats.unwritten++;
		has_text_file = entry->has_text_file;
		journal_entry_settle(journal, entry, seq);
	}
	tfs_mutex_unlock(&journal->lock);
	if (!record)
		return seq == 0 ? -ENOENT : -ENOMEM;
	journal_queue_put(journal, NULL, record, &abandoned);
	if (has_text_file)
		remove_text_file(journal, intent);
	if (journal->watch)
		journal->watch(journal->watch_context, seq);
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

int tfs_journal_open_intents(struct tfs_journal *journal, uint64_t **ret_intents, size_t *ret_count)
{
	const struct entry *entry;
	uint64_t *intents;
	size_t count = 0;

	tfs_mutex_lock(&journal->lock);
	intents = calloc(journal->stats.open + 1, sizeof(*intents));
	for (entry = journal->entries; intents && entry; entry = entry->hh.next)
		if (entry->seq == 0)
			intents[count++] = entry->intent;
	tfs_mutex_unlock(&journal->lock);
	if (!intents)
		return -ENOMEM;
	/* Of a loaded journal they are in the order of the lines, and an old segment's lines are copied to the end. */
	qsort(intents, count, sizeof(*intents), compare_numbers);
	*ret_intents = intents;
	*ret_count = count;
	return 0;
}

static int parse_line(const struct tfs_buf *line, json_t **ret)
{
	struct frame frame;

	if (line->len == 0 || journal_frame_read(line->data, line->len, &frame) < 0)
		return -EBADMSG;
	return tfs_json_parse(frame.json, frame.json_len, ret, NULL) < 0 ? -EBADMSG : 0;
}

/* Copies the lines that are not in a file yet. */
static void copy_unwritten(const struct tfs_journal *journal, const struct entry *entry, struct tfs_buf *intent,
			   struct tfs_buf *outcome) TFS_HOLDS(journal->lock)
{
	if (entry->intent_at.file == 0)
		journal_queue_copy(journal, entry, FRAME_INTENT, intent);
	if (entry->seq != 0 && entry->outcome_at.file == 0)
		journal_queue_copy(journal, entry, FRAME_OUTCOME, outcome);
}

static int read_text(const struct tfs_journal *journal, uint64_t intent, char **ret)
{
	cleanup_free char *path = journal_text_path(journal, intent);
	struct tfs_buf text TFS_CLEANUP(tfs_buf_wipe) = TFS_BUF_INIT_SECRET(FRAME_MAX);
	int r = !path ? -ENOMEM : tfs_file_read_private(path, &text, NULL);

	if (r < 0)
		return r;
	*ret = tfs_buf_steal(&text, NULL);
	return *ret ? 0 : -ENOMEM;
}

int tfs_journal_read(struct tfs_journal *journal, uint64_t intent, struct tfs_journal_entry *ret)
{
	struct tfs_buf intent_line cleanup_buf = TFS_BUF_INIT(FRAME_MAX);
	struct tfs_buf outcome_line cleanup_buf = TFS_BUF_INIT(FRAME_MAX);
	struct tfs_journal_entry entry = { 0 };
	struct entry *found, copy = { 0 };
	int r = 0;

	tfs_mutex_lock(&journal->lock);
	found = journal_entry_find(journal, intent);
	if (found) {
		copy = *found;
		copy_unwritten(journal, found, &intent_line, &outcome_line);
	}
	tfs_mutex_unlock(&journal->lock);
	if (!found)
		return -ENOENT;
	if (copy.intent_at.file != 0)
		r = journal_segment_read(journal, &copy.intent_at, &intent_line);
	if (r == 0 && copy.outcome_at.file != 0)
		r = journal_segment_read(journal, &copy.outcome_at, &outcome_line);
	if (r == 0)
		r = parse_line(&intent_line, &entry.intent);
	if (r == 0 && copy.seq != 0)
		r = parse_line(&outcome_line, &entry.outcome);
	if (r == 0 && copy.has_text_file && copy.seq == 0)
		r = read_text(journal, intent, &entry.text);
	/* Without its text file the entry is still useful. */
	if (r < 0 && (!entry.intent || (copy.seq != 0 && !entry.outcome))) {
		tfs_journal_entry_finish(&entry);
		return r;
	}
	entry.change.intent = intent;
	entry.change.seq = copy.seq;
	journal_entry_from_json(&entry);
	*ret = entry;
	return 0;
}

void tfs_journal_entry_finish(struct tfs_journal_entry *entry)
{
	if (entry->text)
		tfs_wipe(entry->text, strlen(entry->text));
	free(entry->text);
	json_decref(entry->intent);
	json_decref(entry->outcome);
	*entry = (struct tfs_journal_entry){ 0 };
}

struct settled_intent {
	uint64_t intent, seq;
};

/* The next settled intents with seq > `after`, in order. */
static size_t next_settled(struct tfs_journal *journal, uint64_t after, struct settled_intent found[BATCH])
{
	size_t count = 0;

	tfs_mutex_lock(&journal->lock);
	for (const struct entry *entry = journal->settled; entry && count < BATCH; entry = entry->next)
		if (entry->seq > after)
			found[count++] = (struct settled_intent){ entry->intent, entry->seq };
	tfs_mutex_unlock(&journal->lock);
	return count;
}

int tfs_journal_each(struct tfs_journal *journal, uint64_t after, tfs_journal_fn fn, void *context)
{
	struct settled_intent found[BATCH];
	size_t count;
	int r = 0;

	while (r == 0 && (count = next_settled(journal, after, found)) > 0) {
		for (size_t i = 0; i < count && r == 0; i++) {
			struct tfs_journal_entry entry;

			after = found[i].seq;
			/* Skips entries that were pruned meanwhile or are damaged. */
			if (tfs_journal_read(journal, found[i].intent, &entry) < 0)
				continue;
			r = fn(context, &entry);
			tfs_journal_entry_finish(&entry);
		}
	}
	return r;
}

void tfs_journal_recorded(struct tfs_journal *journal, uint64_t seq)
{
	tfs_mutex_lock(&journal->lock);
	journal->has_recorder = true;
	if (seq > journal->recorded)
		journal->recorded = seq;
	if (seq >= journal->next)
		journal->next = seq + 1;
	tfs_mutex_unlock(&journal->lock);
}

void tfs_journal_watch(struct tfs_journal *journal, void (*settled)(void *context, uint64_t seq), void *context)
{
	journal->watch = settled;
	journal->watch_context = context;
}
