/* A certificate authority for one loopback server, by GnuTLS, on which libmicrohttpd is built. */
#include "tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tenantfs/digest.h"

enum { DAYS = 3650, SERIAL = 8 };

/* A key and its certificate. */
struct pair {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
};

static int fail(struct tfs_error *error, int code)
{
	return tfs_error_set(error, -EIO, "tls", "cannot create a certificate: %s", gnutls_strerror(code));
}

static int new_key(gnutls_x509_privkey_t *ret)
{
	int r = gnutls_x509_privkey_init(ret);

	return r < 0 ? r
		     : gnutls_x509_privkey_generate(*ret, GNUTLS_PK_ECDSA,
						    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

static int set_frame(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *name)
{
	unsigned char serial[SERIAL];
	time_t now = time(NULL);
	int r = tfs_random(serial, sizeof(serial));

	serial[0] = (serial[0] & 0x7f) | 1;
	if (r == 0)
		r = gnutls_x509_crt_set_version(crt, 3);
	if (r >= 0)
		r = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	if (r >= 0)
		r = gnutls_x509_crt_set_activation_time(crt, now - 3600);
	if (r >= 0)
		r = gnutls_x509_crt_set_expiration_time(crt, now + DAYS * 86400L);
	if (r >= 0)
		r = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	if (r >= 0)
		r = gnutls_x509_crt_set_key(crt, key);
	return r;
}

static int make_authority(struct pair *ret)
{
	int r = new_key(&ret->key);

	if (r >= 0)
		r = gnutls_x509_crt_init(&ret->crt);
	if (r >= 0)
		r = set_frame(ret->crt, ret->key, "tenantfs sandbox authority");
	if (r >= 0)
		r = gnutls_x509_crt_set_basic_constraints(ret->crt, 1, 0);
	if (r >= 0)
		r = gnutls_x509_crt_set_key_usage(ret->crt, GNUTLS_KEY_KEY_CERT_SIGN);
	if (r >= 0)
		r = gnutls_x509_crt_sign2(ret->crt, ret->crt, ret->key, GNUTLS_DIG_SHA256, 0);
	return r;
}

static int set_names(gnutls_x509_crt_t crt)
{
	static const unsigned char four[] = { 127, 0, 0, 1 };
	static const unsigned char six[16] = { [15] = 1 };
	int r = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, "localhost", 9, GNUTLS_FSAN_SET);

	if (r >= 0)
		r = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, four, sizeof(four),
							 GNUTLS_FSAN_APPEND);
	if (r >= 0)
		r = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, six, sizeof(six),
							 GNUTLS_FSAN_APPEND);
	return r;
}

static int make_server(const struct pair *authority, struct pair *ret)
{
	int r = new_key(&ret->key);

	if (r >= 0)
		r = gnutls_x509_crt_init(&ret->crt);
	if (r >= 0)
		r = set_frame(ret->crt, ret->key, "localhost");
	if (r >= 0)
		r = gnutls_x509_crt_set_basic_constraints(ret->crt, 0, -1);
	if (r >= 0)
		r = gnutls_x509_crt_set_key_usage(ret->crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (r >= 0)
		r = gnutls_x509_crt_set_key_purpose_oid(ret->crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (r >= 0)
		r = set_names(ret->crt);
	if (r >= 0)
		r = gnutls_x509_crt_sign2(ret->crt, authority->crt, authority->key, GNUTLS_DIG_SHA256, 0);
	return r;
}

/* Takes over a datum of GnuTLS as a string and writes it to a file. */
static int keep(const struct data_dir *dir, const char *name, gnutls_datum_t *datum, unsigned mode,
		struct tfs_error *error)
{
	cleanup_free char *text = strndup((const char *)datum->data, datum->size);

	gnutls_free(datum->data);
	return text ? sandbox_data_dir_write(dir, name, text, mode, error) : -ENOMEM;
}

static int write_files(const struct data_dir *dir, const struct pair *authority, const struct pair *server,
		       struct tfs_error *error)
{
	gnutls_datum_t ca, cert, key;
	int r = gnutls_x509_crt_export2(authority->crt, GNUTLS_X509_FMT_PEM, &ca);

	if (r < 0)
		return fail(error, r);
	r = keep(dir, "ca.pem", &ca, 0644, error);
	if (r < 0)
		return r;
	r = gnutls_x509_privkey_export2(server->key, GNUTLS_X509_FMT_PEM, &key);
	if (r < 0)
		return fail(error, r);
	r = keep(dir, "tls.key", &key, 0600, error);
	if (r < 0)
		return r;
	r = gnutls_x509_crt_export2(server->crt, GNUTLS_X509_FMT_PEM, &cert);
	/* Written last: its existence means that all files exist. */
	return r < 0 ? fail(error, r) : keep(dir, "tls.pem", &cert, 0644, error);
}

static void free_pair(struct pair *pair)
{
	if (pair->key)
		gnutls_x509_privkey_deinit(pair->key);
	if (pair->crt)
		gnutls_x509_crt_deinit(pair->crt);
}

/* The authority's key is not stored: it never signs anything else. */
static int make_files(const struct data_dir *dir, struct tfs_error *error)
{
	struct pair authority = { 0 };
	struct pair server = { 0 };
	int code = make_authority(&authority);

	if (code >= 0)
		code = make_server(&authority, &server);
	int r = code < 0 ? fail(error, code) : write_files(dir, &authority, &server, error);
	free_pair(&authority);
	free_pair(&server);
	return r;
}

int sandbox_tls_open(const struct data_dir *dir, char **ret_key, char **ret_cert, struct tfs_error *error)
{
	cleanup_free char *cert = NULL;
	cleanup_free char *key = NULL;
	int r = sandbox_data_dir_read(dir, "tls.pem", &cert, error);

	if (r == -ENOENT) {
		r = make_files(dir, error);
		if (r == 0)
			r = sandbox_data_dir_read(dir, "tls.pem", &cert, error);
	}
	if (r == 0)
		r = sandbox_data_dir_read(dir, "tls.key", &key, error);
	if (r < 0)
		return r;
	*ret_key = steal_pointer(&key);
	*ret_cert = steal_pointer(&cert);
	return 0;
}
