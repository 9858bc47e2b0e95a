/* Seeds users: names, mail, phones and states, all derived from the seed and the user's number. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "seed-data.h"
#include "session.h"

enum { NAME_BYTES = 512 };

static const char *const first_names[] = {
	"Anna",  "Ben",   "Chiara", "David", "Elif",  "Farid",   "Grace",   "Hugo",   "Ingrid", "Jonas", "Kim",
	"Lena",  "Marek", "Nadia",  "Oscar", "Paula", "Quentin", "Rosa",    "Samuel", "Tomás",  "Uta",   "Viktor",
	"Wanda", "Xenia", "Yusuf",  "Zoë",   "太郎",  "美咲",    "Дмитрий", "Ольга",  "Νίκος",  "محمد",
};
static const char *const last_names[] = {
	"Adler",   "Berg",   "Costa",       "Dubois",       "Eriksen",  "Fischer",  "García",  "Hansen",
	"Ivanova", "Jansen", "Kowalski",    "Larsen",       "Meyer",    "Novák",    "O'Brien", "Petrov",
	"Quispe",  "Rossi",  "Schmidt",     "Tanaka",       "Ueda",     "Virtanen", "Weber",   "Xu",
	"Yılmaz",  "Zhang",  "Smith-Jones", "van der Berg", "de Souza", "MacLeod",  "Nguyễn",  "Åkesson",
};
/* The first names, transliterated for login names. */
static const char *const first_logins[] = {
	"anna",  "ben",   "chiara", "david", "elif",  "farid",   "grace",  "hugo",   "ingrid", "jonas",    "kim",
	"lena",  "marek", "nadia",  "oscar", "paula", "quentin", "rosa",   "samuel", "tomas",  "uta",      "viktor",
	"wanda", "xenia", "yusuf",  "zoe",   "taro",  "misaki",  "dmitri", "olga",   "nikos",  "muhammad",
};
static const char *const last_logins[] = {
	"adler",   "berg",   "costa",       "dubois",     "eriksen", "fischer",  "garcia", "hansen",
	"ivanova", "jansen", "kowalski",    "larsen",     "meyer",   "novak",    "obrien", "petrov",
	"quispe",  "rossi",  "schmidt",     "tanaka",     "ueda",    "virtanen", "weber",  "xu",
	"yilmaz",  "zhang",  "smith-jones", "vanderberg", "desouza", "macleod",  "nguyen", "akesson",
};
enum { N_FIRST = sizeof(first_names) / sizeof(*first_names), N_LAST = sizeof(last_names) / sizeof(*last_names) };
_Static_assert(N_FIRST == sizeof(first_logins) / sizeof(*first_logins), "a first name without a login");
_Static_assert(N_LAST == sizeof(last_logins) / sizeof(*last_logins), "a last name without a login");

/* Login names that are awkward as file names. */
static const char *const awkward[] = {
	"sales/emea/anna",
	"Zoë O'Brien-Smith",
	"50%off",
	".hidden",
	"say \"hi\"",
	"line\nbreak",
	"山田太郎",
	"casey",
	"Casey",
	"back\\slash",
	"Ольга Иванова",
	"", /* replaced by a name of 300 bytes */
	"%41",
	"tilde~0123456789abcdef",
	"x.json",
	"tab\there",
	"x.d",
	" leading and trailing ",
	"أحمد",
	"-rf",
	"a?b*c<d>e|f:g",
	"backup.tmp",
	"e\xcc\x81"
	"clair", /* looks the same, */
	"\xc3\xa9"
	"clair", /* in other bytes */
};
static const char *const directory_names[] = {
	"EXAMPLE\\jdoe",
	"cn=Jane Doe,ou=people",
	"jane@example.com",
	"j.doe",
	"J.Doe",
	"svc_backup$",
	"Müller, Jörg",
	"..",
	"host/db1",
	"O'Neil",
	"名前",
	"#1",
};
enum {
	N_AWKWARD = sizeof(awkward) / sizeof(*awkward),
	N_DIRECTORY = sizeof(directory_names) / sizeof(*directory_names)
};

/* The properties of one user. */
struct person {
	const char *first, *last;
	char login[NAME_BYTES];
	char email[96];
};

/* Each pair of names occurs once in 1,024 users, in an order that depends on the seed. */
static void make_person(uint64_t seed, unsigned number, struct person *person)
{
	const unsigned pairs = N_FIRST * N_LAST;
	uint64_t state = sandbox_seed_state(seed, "people", number / pairs);
	unsigned step = (unsigned)(sandbox_seed_next(&state) % (pairs / 2)) * 2 + 1;
	unsigned pair = (unsigned)((number % pairs * (uint64_t)step + sandbox_seed_next(&state)) % pairs);
	unsigned first = pair % N_FIRST;
	unsigned last = pair / N_FIRST;
	char block[16] = "";

	if (number >= pairs)
		snprintf(block, sizeof(block), "%u", number / pairs + 1);
	person->first = first_names[first];
	person->last = last_names[last];
	snprintf(person->login, sizeof(person->login), "%s.%s%s", first_logins[first], last_logins[last], block);
	snprintf(person->email, sizeof(person->email), "%.80s@example.com", person->login);
}

static void name_awkwardly(struct person *person, const char *name, unsigned number)
{
	if (name[0]) {
		snprintf(person->login, sizeof(person->login), "%s", name);
	} else {
		memset(person->login, 'l', 300);
		memcpy(person->login, "long-", 5);
		person->login[300] = '\0';
	}
	snprintf(person->email, sizeof(person->email), "user%u@example.com", number);
}

static const char *pick_role(unsigned number, uint64_t *state)
{
	static const char *const rare[] = { "community_admin", "helpdesk_admin", "auditor", "tenant_admin" };
	size_t draw = sandbox_seed_below(state, 100);

	if (!number)
		return "super_admin";
	return draw < 4 ? rare[draw] : "basic_user";
}

static json_t *make_phones(uint64_t *state, size_t most)
{
	json_t *list = json_array();
	char phone[16];

	for (size_t i = sandbox_seed_below(state, most + 1); i > 0; i--) {
		snprintf(phone, sizeof(phone), "49%09u", (unsigned)(sandbox_seed_next(state) % 1000000000));
		json_array_append_new(list, json_string(phone));
	}
	return list;
}

static void add_aliases(json_t *user, const struct person *person, unsigned number, uint64_t *state)
{
	json_t *aliases = json_object();
	char alias[96];

	if (sandbox_seed_below(state, 4) == 0) {
		snprintf(alias, sizeof(alias), "%.60s-%u", person->first, number);
		json_object_set_new(aliases, "alias1", json_string(alias));
	}
	json_object_set_new(user, "aliases", aliases);
}

static void add_optional(json_t *user, const struct person *person, uint64_t *state)
{
	char text[160];

	if (sandbox_seed_below(state, 3) == 0)
		json_object_set_new(user, "middlename", json_string(first_names[sandbox_seed_below(state, N_FIRST)]));
	if (sandbox_seed_below(state, 5) == 0) {
		snprintf(text, sizeof(text), "home.%s", person->email);
		json_object_set_new(user, "email2", json_string(text));
	}
	if (sandbox_seed_below(state, 2) == 0) {
		snprintf(text, sizeof(text), "1%010u", (unsigned)(sandbox_seed_next(state) % 4000000000u));
		json_object_set_new(user, "phone1", json_string(text));
	}
}

static json_t *make_user(const struct seed_place *place, const char *module, unsigned number,
			 const struct person *person)
{
	uint64_t state = sandbox_seed_state(place->seed, module, number);
	char id[SEED_ID], dguid[SEED_ID], uid[SEED_UUID], urn[24], created[SEED_TIME];
	const char *role = pick_role(number, &state);
	bool disabled = number && sandbox_seed_below(&state, 50) == 0;
	bool locked = number && sandbox_seed_below(&state, 40) == 0;

	sandbox_seed_id(&state, id);
	sandbox_seed_id(&state, dguid);
	sandbox_seed_uuid(&state, uid);
	sandbox_seed_time(&state, created);
	snprintf(urn, sizeof(urn), "basic:%u", number);
	json_t *user =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b,"
			  " s:o, s:o, s:s, s:s, s:s, s:s}",
			  "_id", id, "uid", uid, "username", person->login, "moduleId", module, "tenantId",
			  place->tenant, "communityId", place->community, "type", "basic", "roleValue", role, "status",
			  disabled ? "disabled" : "active", "firstname", person->first, "lastname", person->last,
			  "email1", person->email, "email1_verified", number % 3 != 0, "email2_verified", 0,
			  "phone1_verified", number % 4 == 0, "disabled", disabled, "isLocked", locked, "mobiles",
			  make_phones(&state, 2), "landlines", make_phones(&state, 1), "dguid", dguid, "urn", urn,
			  "createdAt", created, "updatedAt", created);
	if (user) {
		add_optional(user, person, &state);
		add_aliases(user, person, number, &state);
	}
	return user;
}

static int add_user(const struct seed_place *place, const char *module, unsigned number, const struct person *person)
{
	cleanup_json json_t *user = make_user(place, module, number, person);

	return user ? sandbox_store_user_add(place->store, module, user) : -ENOMEM;
}

int sandbox_seed_users(const struct seed_place *place, const char *module, unsigned first, unsigned n)
{
	struct person person;
	int r = 0;

	for (unsigned i = first; i < first + n && r == 0; i++) {
		make_person(place->seed, i, &person);
		if (i == 0)
			name_awkwardly(&person, SESSION_LOGIN, i);
		else if (i <= N_AWKWARD)
			name_awkwardly(&person, awkward[i - 1], i);
		r = add_user(place, module, i, &person);
	}
	return r;
}

int sandbox_seed_directory_users(const struct seed_place *place, const char *module, unsigned n)
{
	struct person person;
	int r = 0;

	for (unsigned i = 0; i < n && i < N_DIRECTORY && r == 0; i++) {
		make_person(place->seed, i + 1, &person);
		name_awkwardly(&person, directory_names[i], i + 1);
		r = add_user(place, module, i + 1, &person);
	}
	return r;
}
