/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-error-map-private.h"

#include <libsoup/soup.h>

typedef struct
{
  GQuark (*domain) (void);
  int code;
  UError mapped;
} Row;

static const Row rows[] = {
  { g_io_error_quark, G_IO_ERROR_CANCELLED, U_ERROR_CANCELLED },
  { g_io_error_quark, G_IO_ERROR_TIMED_OUT, U_ERROR_TIMED_OUT },
  { g_io_error_quark, G_IO_ERROR_HOST_NOT_FOUND, U_ERROR_CANNOT_FIND_HOST },
  { g_io_error_quark, G_IO_ERROR_CONNECTION_REFUSED, U_ERROR_CANNOT_CONNECT_TO_HOST },
  { g_io_error_quark, G_IO_ERROR_HOST_UNREACHABLE, U_ERROR_CANNOT_CONNECT_TO_HOST },
  { g_io_error_quark, G_IO_ERROR_PROXY_FAILED, U_ERROR_CANNOT_CONNECT_TO_HOST },
  { g_io_error_quark, G_IO_ERROR_PROXY_NOT_ALLOWED, U_ERROR_CANNOT_CONNECT_TO_HOST },
  { g_io_error_quark, G_IO_ERROR_PROXY_AUTH_FAILED, U_ERROR_USER_AUTHENTICATION_REQUIRED },
  { g_io_error_quark, G_IO_ERROR_PROXY_NEED_AUTH, U_ERROR_USER_AUTHENTICATION_REQUIRED },
  { g_io_error_quark, G_IO_ERROR_NETWORK_UNREACHABLE, U_ERROR_NOT_CONNECTED_TO_INTERNET },
  { g_io_error_quark, G_IO_ERROR_CONNECTION_CLOSED, U_ERROR_NETWORK_CONNECTION_LOST },
  { g_io_error_quark, G_IO_ERROR_BROKEN_PIPE, U_ERROR_NETWORK_CONNECTION_LOST },
  { g_io_error_quark, G_IO_ERROR_PARTIAL_INPUT, U_ERROR_NETWORK_CONNECTION_LOST },
  { g_io_error_quark, G_IO_ERROR_NOT_CONNECTED, U_ERROR_NETWORK_CONNECTION_LOST },
  { g_io_error_quark, G_IO_ERROR_CLOSED, U_ERROR_NETWORK_CONNECTION_LOST },
  { g_io_error_quark, G_IO_ERROR_NOT_FOUND, U_ERROR_FILE_DOES_NOT_EXIST },
  { g_io_error_quark, G_IO_ERROR_NOT_DIRECTORY, U_ERROR_FILE_DOES_NOT_EXIST },
  { g_io_error_quark, G_IO_ERROR_IS_DIRECTORY, U_ERROR_FILE_IS_DIRECTORY },
  { g_io_error_quark, G_IO_ERROR_NOT_REGULAR_FILE, U_ERROR_CANNOT_OPEN_FILE },
  { g_io_error_quark, G_IO_ERROR_PERMISSION_DENIED, U_ERROR_NO_PERMISSIONS_TO_READ_FILE },
  { g_io_error_quark, G_IO_ERROR_FILENAME_TOO_LONG, U_ERROR_CANNOT_OPEN_FILE },
  { g_io_error_quark, G_IO_ERROR_INVALID_FILENAME, U_ERROR_CANNOT_OPEN_FILE },
  { g_io_error_quark, G_IO_ERROR_TOO_MANY_LINKS, U_ERROR_CANNOT_OPEN_FILE },
  { g_io_error_quark, G_IO_ERROR_BUSY, U_ERROR_CANNOT_OPEN_FILE },
  { g_io_error_quark, G_IO_ERROR_NO_SUCH_DEVICE, U_ERROR_CANNOT_OPEN_FILE },
  { g_io_error_quark, G_IO_ERROR_EXISTS, U_ERROR_CANNOT_CREATE_FILE },
  { g_io_error_quark, G_IO_ERROR_NO_SPACE, U_ERROR_CANNOT_WRITE_TO_FILE },
  { g_io_error_quark, G_IO_ERROR_READ_ONLY, U_ERROR_CANNOT_WRITE_TO_FILE },
  { g_io_error_quark, G_IO_ERROR_MESSAGE_TOO_LARGE, U_ERROR_DATA_LENGTH_EXCEEDS_MAXIMUM },
  /* Of a proxy, or of an address: there is none left on this side. */
  { g_io_error_quark, G_IO_ERROR_NOT_SUPPORTED, U_ERROR_CANNOT_CONNECT_TO_HOST },
  { g_io_error_quark, G_IO_ERROR_ADDRESS_IN_USE, U_ERROR_CANNOT_CONNECT_TO_HOST },
  { g_io_error_quark, G_IO_ERROR_INVALID_DATA, U_ERROR_CANNOT_DECODE_CONTENT_DATA },

  { g_resolver_error_quark, G_RESOLVER_ERROR_NOT_FOUND, U_ERROR_CANNOT_FIND_HOST },
  { g_resolver_error_quark, G_RESOLVER_ERROR_TEMPORARY_FAILURE, U_ERROR_DNS_LOOKUP_FAILED },
  { g_resolver_error_quark, G_RESOLVER_ERROR_INTERNAL, U_ERROR_DNS_LOOKUP_FAILED },

  { g_tls_error_quark, G_TLS_ERROR_BAD_CERTIFICATE, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
  { g_tls_error_quark, G_TLS_ERROR_CERTIFICATE_REQUIRED, U_ERROR_CLIENT_CERTIFICATE_REQUIRED },
  { g_tls_error_quark, G_TLS_ERROR_UNAVAILABLE, U_ERROR_SECURE_CONNECTION_FAILED },
  { g_tls_error_quark, G_TLS_ERROR_NOT_TLS, U_ERROR_SECURE_CONNECTION_FAILED },
  { g_tls_error_quark, G_TLS_ERROR_HANDSHAKE, U_ERROR_SECURE_CONNECTION_FAILED },
  { g_tls_error_quark, G_TLS_ERROR_INAPPROPRIATE_FALLBACK, U_ERROR_SECURE_CONNECTION_FAILED },
  { g_tls_error_quark, G_TLS_ERROR_BAD_CERTIFICATE_PASSWORD, U_ERROR_CLIENT_CERTIFICATE_REJECTED },
  { g_tls_error_quark, G_TLS_ERROR_EOF, U_ERROR_NETWORK_CONNECTION_LOST },
  { g_tls_error_quark, G_TLS_ERROR_MISC, U_ERROR_SECURE_CONNECTION_FAILED },

  { soup_session_error_quark, SOUP_SESSION_ERROR_PARSING, U_ERROR_CANNOT_PARSE_RESPONSE },
  { soup_session_error_quark, SOUP_SESSION_ERROR_ENCODING, U_ERROR_BAD_SERVER_RESPONSE },
  { soup_session_error_quark, SOUP_SESSION_ERROR_TOO_MANY_REDIRECTS, U_ERROR_TOO_MANY_REDIRECTS },
  { soup_session_error_quark, SOUP_SESSION_ERROR_TOO_MANY_RESTARTS, U_ERROR_NETWORK_CONNECTION_LOST },
  { soup_session_error_quark, SOUP_SESSION_ERROR_REDIRECT_NO_LOCATION, U_ERROR_REDIRECT_TO_NONEXISTENT_LOCATION },
  { soup_session_error_quark, SOUP_SESSION_ERROR_REDIRECT_BAD_URI, U_ERROR_REDIRECT_TO_NONEXISTENT_LOCATION },

  { soup_websocket_error_quark, SOUP_WEBSOCKET_ERROR_FAILED, U_ERROR_NETWORK_CONNECTION_LOST },
  { soup_websocket_error_quark, SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET, U_ERROR_BAD_SERVER_RESPONSE },
  { soup_websocket_error_quark, SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE, U_ERROR_BAD_SERVER_RESPONSE },
  { soup_websocket_error_quark, SOUP_WEBSOCKET_ERROR_BAD_ORIGIN, U_ERROR_BAD_SERVER_RESPONSE },

  { soup_tld_error_quark, SOUP_TLD_ERROR_INVALID_HOSTNAME, U_ERROR_BAD_URL },
};

/* The first of these that the certificate has wins: a person can set a clock right, or find out who signs. What is
 * left, another host and weak cryptography, makes it untrusted. */
static const struct
{
  GTlsCertificateFlags flag;
  UError mapped;
} certificate_rows[] = {
  { G_TLS_CERTIFICATE_REVOKED, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
  { G_TLS_CERTIFICATE_EXPIRED, U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE },
  { G_TLS_CERTIFICATE_NOT_ACTIVATED, U_ERROR_SERVER_CERTIFICATE_NOT_YET_VALID },
  { G_TLS_CERTIFICATE_UNKNOWN_CA, U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT },
};

/* What to say of it: the sentence goes on with what the layer below said. */
static const struct
{
  UError code;
  const char *sentence;       /* with one %s: the URL */
} sentences[] = {
  { U_ERROR_CANCELLED, "The load of %s was cancelled" },
  { U_ERROR_BAD_URL, "“%s” is not a URL that can be loaded" },
  { U_ERROR_TIMED_OUT, "The server of %s did not answer in time" },
  { U_ERROR_UNSUPPORTED_URL, "Nothing here can load %s" },
  { U_ERROR_CANNOT_FIND_HOST, "The host of %s does not exist" },
  { U_ERROR_CANNOT_CONNECT_TO_HOST, "Cannot connect to the server of %s" },
  { U_ERROR_NETWORK_CONNECTION_LOST, "The connection was lost while loading %s" },
  { U_ERROR_DNS_LOOKUP_FAILED, "The host of %s cannot be looked up at the moment" },
  { U_ERROR_NOT_CONNECTED_TO_INTERNET, "There is no network that leads to %s" },
  { U_ERROR_BAD_SERVER_RESPONSE, "The server of %s broke the protocol" },
  { U_ERROR_USER_AUTHENTICATION_REQUIRED, "A proxy on the way to %s wants a user name and a password" },
  { U_ERROR_CANNOT_PARSE_RESPONSE, "The answer for %s cannot be understood" },
  { U_ERROR_SECURE_CONNECTION_FAILED, "Cannot make a secure connection to the server of %s" },
  { U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE, "The certificate of the server of %s has expired, or the clock is wrong" },
  { U_ERROR_SERVER_CERTIFICATE_NOT_YET_VALID, "The certificate of the server of %s is not valid yet, or the clock is "
                                              "wrong" },
  { U_ERROR_SERVER_CERTIFICATE_HAS_UNKNOWN_ROOT, "No trusted authority signed the certificate of the server of %s" },
  { U_ERROR_SERVER_CERTIFICATE_UNTRUSTED, "The certificate of the server of %s is not valid for it" },
  { U_ERROR_CLIENT_CERTIFICATE_REJECTED, "The server of %s did not accept the certificate of the client" },
  { U_ERROR_CLIENT_CERTIFICATE_REQUIRED, "The server of %s wants a certificate of the client" },
  { U_ERROR_CANNOT_DECODE_CONTENT_DATA, "The body of %s cannot be decoded" },
  { U_ERROR_FILE_DOES_NOT_EXIST, "%s does not exist" },
  { U_ERROR_FILE_IS_DIRECTORY, "%s is a directory" },
  { U_ERROR_NO_PERMISSIONS_TO_READ_FILE, "There is no permission to read %s" },
  { U_ERROR_CANNOT_OPEN_FILE, "%s cannot be opened" },
  { U_ERROR_CANNOT_CREATE_FILE, "%s cannot be created" },
  { U_ERROR_CANNOT_WRITE_TO_FILE, "A temporary file for the body of %s cannot be written" },
};

/*
 * u_error_map_code:
 * @tls_errors: what is wrong with the certificate of the server, if anything
 */
UError
u_error_map_code (const GError *error, GTlsCertificateFlags tls_errors)
{
  if (error->domain == U_ERROR)
    return (UError) error->code;

  /* Whatever is wrong with it. */
  if (error->domain == G_URI_ERROR)
    return U_ERROR_BAD_URL;

  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    {
      for (guint i = 0; i < G_N_ELEMENTS (certificate_rows); i++)
        {
          if (tls_errors & certificate_rows[i].flag)
            return certificate_rows[i].mapped;
        }
    }

  /* An error of a stream or of its framing: libsoup has no code for it, and does not translate it either. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED) && g_str_has_prefix (error->message, "HTTP/2 Error"))
    return U_ERROR_BAD_SERVER_RESPONSE;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (rows[i].domain () == error->domain && rows[i].code == error->code)
        return rows[i].mapped;
    }

  return U_ERROR_UNKNOWN;
}

static GError *
new_with_subject (UError code, const char *subject, const GError *error)
{
  for (guint i = 0; i < G_N_ELEMENTS (sentences); i++)
    {
      if (sentences[i].code == code)
        {
          g_autoptr (GString) message = g_string_new (NULL);
          const char *hole = strstr (sentences[i].sentence, "%s");

          g_string_append_len (message, sentences[i].sentence, hole - sentences[i].sentence);
          g_string_append (message, subject);
          g_string_append (message, hole + 2);
          g_string_append_printf (message, " (%s).", error->message);

          return g_error_new_literal (U_ERROR, code, message->str);
        }
    }

  return g_error_new (U_ERROR, code, "%s cannot be loaded (%s).", subject, error->message);
}

/* One of our own that does not say where yet: parts below do not know the URL, and leave the full stop to us. */
GError *
u_error_map_new (const GError *error, GTlsCertificateFlags tls_errors, const char *masked_url)
{
  if (error->domain == U_ERROR && g_str_has_suffix (error->message, "."))
    return g_error_copy (error);
  if (error->domain == U_ERROR)
    return g_error_new (U_ERROR, error->code, "%s (%s).", error->message, masked_url);

  return new_with_subject (u_error_map_code (error, tls_errors), masked_url, error);
}

GError *
u_error_map_new_for_file (const GError *error, const char *path)
{
  UError code = u_error_map_code (error, 0);

  if (error->domain == U_ERROR)
    return g_error_copy (error);
  if (code == U_ERROR_UNKNOWN || code == U_ERROR_CANNOT_CONNECT_TO_HOST)
    code = U_ERROR_CANNOT_OPEN_FILE;

  return new_with_subject (code, path, error);
}
