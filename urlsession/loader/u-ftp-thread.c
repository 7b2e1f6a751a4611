/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-ftp-thread-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "urlsession/loader/u-ftp-error-private.h"

/* What may lie between the thread and the one who receives it. */
#define BUFFER_SIZE (256 * 1024)

/* For what libcurl reads and writes at a time. */
#define SOCKET_BUFFER_SIZE (128 * 1024L)

/* ---- What the thread says ---- */

/* @response: (transfer full) */
static void
tell_response (UFtpExchange *self, UResponseData *response)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->news.response, u_response_data_unref);
  self->news.response = response;
  g_mutex_unlock (&self->lock);
  u_ftp_exchange_wake (self);
}

/* FTP has no status and no header fields: above the door the same is said in the words of HTTP. */
static UResponseData *
new_response (UFtpExchange *self, guint status, const char *mime_type, const char *charset, gint64 length)
{
  return u_response_data_new_like_http (self->url, status, mime_type, charset, length);
}

/* Both have to be known: a size alone does not tell two versions apart. */
static char *
dup_validator (UFtpExchange *self)
{
  if (self->size < 0 || self->modified == NULL)
    return NULL;

  return g_strdup_printf ("\"%s-%" G_GINT64_FORMAT "\"", self->modified, self->size);
}

static char *
guess_mime_type (const char *name)
{
  g_autofree char *text = g_utf8_make_valid (name, -1);
  g_autofree char *content_type = g_content_type_guess (text, NULL, 0, NULL);

  return g_content_type_get_mime_type (content_type);
}

static void
tell_file (UFtpExchange *self, gint64 offset)
{
  g_autofree char *mime_type = guess_mime_type (self->name);
  g_autofree char *validator = dup_validator (self);
  gint64 length = self->size >= 0 ? self->size - offset : -1;
  UResponseData *response = new_response (self, offset > 0 ? 206 : 200, mime_type, NULL, length);

  if (validator != NULL)
    {
      u_header_list_append (response->headers, "ETag", validator);
      u_header_list_append (response->headers, "Accept-Ranges", "bytes");
    }
  if (offset > 0)
    {
      g_autofree char *range = g_strdup_printf ("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                                                offset, self->size - 1, self->size);

      u_header_list_append (response->headers, "Content-Range", range);
    }
  tell_response (self, response);
}

static void
tell_is_complete (UFtpExchange *self)
{
  g_autofree char *validator = dup_validator (self);
  g_autofree char *range = g_strdup_printf ("bytes */%" G_GINT64_FORMAT, self->size);
  UResponseData *response = new_response (self, 416, NULL, NULL, 0);

  u_header_list_append (response->headers, "ETag", validator);
  u_header_list_append (response->headers, "Content-Range", range);
  tell_response (self, response);
}

/* Waits until there is room, so that libcurl does not read on. Returns FALSE when it is over. */
static gboolean
append_arrived (UFtpExchange *self, const void *data, gsize length)
{
  gboolean is_new;

  if (length == 0)
    return TRUE;

  g_mutex_lock (&self->lock);
  while (!self->stopped && (gint64) self->arrived->len >= MIN (self->credit, BUFFER_SIZE))
    g_cond_wait (&self->cond, &self->lock);
  if (self->stopped)
    {
      g_mutex_unlock (&self->lock);
      return FALSE;
    }
  is_new = self->arrived->len == 0;
  g_byte_array_append (self->arrived, data, (guint) length);
  g_mutex_unlock (&self->lock);
  if (is_new)
    u_ftp_exchange_wake (self);

  return TRUE;
}

/* ---- What libcurl says, on the thread ---- */

/* RFC 3659 sections 3 and 4: of a time come 14 digits and perhaps a fraction, of a size any number of them. */
static void
take_fact (UFtpExchange *self, const char *text)
{
  g_autofree char *fact = g_strndup (text, strspn (text, "0123456789."));
  gsize digits = strspn (fact, "0123456789");
  guint64 size;

  if (digits == 14 && (g_str_has_prefix (fact, "19") || g_str_has_prefix (fact, "20")))
    {
      g_free (self->modified);
      self->modified = g_steal_pointer (&fact);
    }
  else if (g_ascii_string_to_unsigned (fact, 10, 0, G_MAXINT64, &size, NULL))
    {
      self->size = (gint64) size;
    }
}

/* FALSE: to be given up */
static gboolean
take_begin (UFtpExchange *self)
{
  if (self->has_begun)
    return TRUE;

  self->has_begun = TRUE;
  if (self->verb == U_FTP_LIST)
    {
      tell_response (self, new_response (self, 200, "application/json", "utf-8", -1));
    }
  else if (self->verb == U_FTP_GET && self->offset > 0)
    {
      g_autofree char *validator = dup_validator (self);

      if (g_strcmp0 (validator, self->validator) != 0)
        {
          self->is_other_version = TRUE;
          return FALSE;
        }
      tell_file (self, self->offset);
    }
  else if (self->verb == U_FTP_GET)
    {
      tell_file (self, 0);
    }

  return TRUE;
}

/* One line of the server, or what libcurl makes up to look like HTTP. */
static size_t
header_cb (char *data, size_t size, size_t n, void *user_data)
{
  UFtpExchange *self = user_data;
  g_autofree char *line = g_strndup (data, n);
  long code;

  if (!g_ascii_isdigit (line[0]) || !g_ascii_isdigit (line[1]) || !g_ascii_isdigit (line[2]))
    return n;

  code = strtol (line, NULL, 10);
  if (self->multi_line != 0)
    {
      if (code != self->multi_line || line[3] == '-')
        return n;
      self->multi_line = 0;
    }
  else if (line[3] == '-')
    {
      self->multi_line = code;
      return n;
    }

  self->reply = code;
  if (code == 213)
    take_fact (self, line + MIN (strlen (line), 4));
  else if ((code == 150 || code == 125) && !take_begin (self))
    return 0;

  return n;
}

static size_t
write_cb (char *data, size_t size, size_t n, void *user_data)
{
  UFtpExchange *self = user_data;

  if (self->verb == U_FTP_LIST)
    {
      g_autoptr (GString) out = g_string_new (NULL);

      u_ftp_listing_feed (self->listing, data, n, out);
      return append_arrived (self, out->str, out->len) ? n : 0;
    }
  /* The size of a HEAD looks like a body, too. */
  if (self->verb != U_FTP_GET || !self->has_begun)
    return n;

  return append_arrived (self, data, n) ? n : 0;
}

static size_t
read_cb (char *data, size_t size, size_t n, void *user_data)
{
  UFtpExchange *self = user_data;
  size_t length = 0;

  g_mutex_lock (&self->lock);
  while (!self->stopped && !(self->blocks.length > 0 && self->send_credit > 0) &&
         !(self->blocks.length == 0 && self->body_ended))
    g_cond_wait (&self->cond, &self->lock);
  if (self->stopped)
    {
      g_mutex_unlock (&self->lock);
      return CURL_READFUNC_ABORT;
    }
  if (self->blocks.length > 0)
    {
      GBytes *block = self->blocks.head->data;
      gsize block_length;
      const char *bytes = g_bytes_get_data (block, &block_length);

      length = MIN (size * n, block_length - self->block_offset);
      length = (size_t) MIN ((gint64) length, self->send_credit);
      memcpy (data, bytes + self->block_offset, length);
      self->block_offset += length;
      if (self->send_credit != G_MAXINT64)
        self->send_credit -= (gint64) length;
      self->news.n_sent += (gint64) length;
      if (self->block_offset == block_length)
        {
          g_queue_pop_head (&self->blocks);
          g_bytes_unref (block);
          self->block_offset = 0;
        }
    }
  g_mutex_unlock (&self->lock);
  if (length > 0)
    u_ftp_exchange_wake (self);

  return length;
}

static int
progress_cb (void *user_data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
  return u_ftp_exchange_is_stopped (user_data) ? 1 : 0;
}

static int
socket_cb (void *user_data, curl_socket_t socket, curlsocktype purpose)
{
  UFtpExchange *self = user_data;

  g_array_append_val (self->sockets, socket);

  return CURL_SOCKOPT_OK;
}

static int
close_socket_cb (void *user_data, curl_socket_t socket)
{
  UFtpExchange *self = user_data;

  for (guint i = 0; i < self->sockets->len; i++)
    {
      if (g_array_index (self->sockets, curl_socket_t, i) == socket)
        {
          g_array_remove_index_fast (self->sockets, i);
          break;
        }
    }

  return close (socket);
}

/* ---- The steps ---- */

static long
get_tls_versions (UFtpExchange *self)
{
  long minimum = CURL_SSLVERSION_DEFAULT;
  long maximum = CURL_SSLVERSION_MAX_DEFAULT;

  if (self->minimum == G_TLS_PROTOCOL_VERSION_TLS_1_3)
    minimum = CURL_SSLVERSION_TLSv1_3;
  else if (self->minimum == G_TLS_PROTOCOL_VERSION_TLS_1_2)
    minimum = CURL_SSLVERSION_TLSv1_2;
  else if (self->minimum == G_TLS_PROTOCOL_VERSION_TLS_1_1)
    minimum = CURL_SSLVERSION_TLSv1_1;
  else
    minimum = CURL_SSLVERSION_TLSv1_0;
  if (self->maximum == G_TLS_PROTOCOL_VERSION_TLS_1_2)
    maximum = CURL_SSLVERSION_MAX_TLSv1_2;

  return minimum | maximum;
}

static gboolean
is_openssl (void)
{
  const char *version = curl_version_info (CURLVERSION_NOW)->ssl_version;

  return version != NULL && strstr (version, "OpenSSL") != NULL;
}

static void
set_security (UFtpExchange *self)
{
  CURL *easy = self->easy;

  curl_easy_setopt (easy, CURLOPT_USE_SSL, (long) CURLUSESSL_ALL);
  curl_easy_setopt (easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt (easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (self->ca_file != NULL)
    {
      curl_easy_setopt (easy, CURLOPT_CAINFO, self->ca_file);
      curl_easy_setopt (easy, CURLOPT_CAPATH, NULL);
    }
  /* With other libraries than OpenSSL libcurl cannot leave ciphers out; all of TLS 1.3 have forward secrecy. */
  if (self->forward_secrecy && is_openssl ())
    curl_easy_setopt (easy, CURLOPT_SSL_CIPHER_LIST, "kECDHE:kDHE:!aNULL:!eNULL:!LOW:!MD5");
  else if (self->forward_secrecy)
    self->minimum = G_TLS_PROTOCOL_VERSION_TLS_1_3;
  curl_easy_setopt (easy, CURLOPT_SSLVERSION, get_tls_versions (self));
}

static void
set_up (UFtpExchange *self)
{
  CURL *easy = self->easy;
  g_autofree char *url = g_strconcat (self->security == U_FTP_IMPLICIT_TLS ? "ftps:" : "ftp:", self->location, NULL);

  curl_easy_reset (easy);
  curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "ftp,ftps");
  curl_easy_setopt (easy, CURLOPT_URL, url);
  curl_easy_setopt (easy, CURLOPT_USERNAME, self->user);
  curl_easy_setopt (easy, CURLOPT_PASSWORD, self->password);
  curl_easy_setopt (easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
  /* "" is none, also if the environment names one. */
  curl_easy_setopt (easy, CURLOPT_PROXY, self->proxy != NULL ? self->proxy : "");
  curl_easy_setopt (easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt (easy, CURLOPT_FTP_SKIP_PASV_IP, 1L);
  curl_easy_setopt (easy, CURLOPT_FILETIME, 1L);
  curl_easy_setopt (easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt (easy, CURLOPT_BUFFERSIZE, SOCKET_BUFFER_SIZE);
  curl_easy_setopt (easy, CURLOPT_TRANSFERTEXT, self->converts_lines ? 1L : 0L);
  self->text[0] = '\0';
  curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, self->text);
  curl_easy_setopt (easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt (easy, CURLOPT_XFERINFOFUNCTION, progress_cb);
  curl_easy_setopt (easy, CURLOPT_XFERINFODATA, self);
  curl_easy_setopt (easy, CURLOPT_HEADERFUNCTION, header_cb);
  curl_easy_setopt (easy, CURLOPT_HEADERDATA, self);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, write_cb);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, self);
  curl_easy_setopt (easy, CURLOPT_SOCKOPTFUNCTION, socket_cb);
  curl_easy_setopt (easy, CURLOPT_SOCKOPTDATA, self);
  curl_easy_setopt (easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket_cb);
  curl_easy_setopt (easy, CURLOPT_CLOSESOCKETDATA, self);
  if (self->security != U_FTP_PLAIN)
    set_security (self);

  if (self->verb == U_FTP_HEAD)
    curl_easy_setopt (easy, CURLOPT_NOBODY, 1L);
  if (self->verb == U_FTP_PUT)
    {
      curl_easy_setopt (easy, CURLOPT_UPLOAD, 1L);
      curl_easy_setopt (easy, CURLOPT_UPLOAD_BUFFERSIZE, SOCKET_BUFFER_SIZE);
      curl_easy_setopt (easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t) self->body_length);
      curl_easy_setopt (easy, CURLOPT_READFUNCTION, read_cb);
      curl_easy_setopt (easy, CURLOPT_READDATA, self);
    }
}

static CURLcode
perform (UFtpExchange *self)
{
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  gboolean is_over = FALSE;

  self->is_other_version = FALSE;
  self->reply = 0;
  self->multi_line = 0;
  self->size = -1;
  self->has_begun = FALSE;
  g_clear_pointer (&self->modified, g_free);

  curl_multi_add_handle (self->multi, self->easy);
  while (!is_over && !u_ftp_exchange_is_stopped (self))
    {
      int n_running, n_left;
      CURLMsg *message;

      curl_multi_perform (self->multi, &n_running);
      while ((message = curl_multi_info_read (self->multi, &n_left)) != NULL)
        {
          if (message->msg == CURLMSG_DONE)
            {
              code = message->data.result;
              is_over = TRUE;
            }
        }
      if (!is_over)
        curl_multi_poll (self->multi, NULL, 0, 1000, NULL);
    }
  curl_multi_remove_handle (self->multi, self->easy);

  return code;
}

static CURLcode
get_rest (UFtpExchange *self)
{
  CURLcode code;

  set_up (self);
  curl_easy_setopt (self->easy, CURLOPT_RESUME_FROM_LARGE, (curl_off_t) self->offset);
  code = perform (self);
  if (code == CURLE_OK && !self->has_begun)
    {
      g_autofree char *validator = dup_validator (self);

      if (g_strcmp0 (validator, self->validator) == 0 && self->size == self->offset)
        {
          tell_is_complete (self);
          return CURLE_OK;
        }
      self->is_other_version = TRUE;
    }
  if (!self->is_other_version && code != CURLE_FTP_COULDNT_USE_REST && code != CURLE_BAD_DOWNLOAD_RESUME)
    return code;

  /* All of it, then: the server does not go on, or there is another version. */
  self->offset = 0;
  set_up (self);

  return perform (self);
}

static CURLcode
list (UFtpExchange *self)
{
  g_autoptr (GString) out = g_string_new (NULL);
  CURLcode code;

  set_up (self);
  curl_easy_setopt (self->easy, CURLOPT_CUSTOMREQUEST, "MLSD");
  self->listing = u_ftp_listing_new (U_FTP_LISTING_FACTS);
  code = perform (self);
  if (code == CURLE_FTP_COULDNT_RETR_FILE && self->reply >= 500 && self->reply < 505)
    {
      u_ftp_listing_free (self->listing);
      self->listing = u_ftp_listing_new (U_FTP_LISTING_LONG);
      set_up (self);
      code = perform (self);
    }
  if (code != CURLE_OK)
    return code;

  /* Some say that there is nothing in it instead of sending nothing. */
  take_begin (self);
  u_ftp_listing_end (self->listing, out);

  return append_arrived (self, out->str, out->len) ? CURLE_OK : CURLE_ABORTED_BY_CALLBACK;
}

/* Over TLS a server may take a connection that broke for one that ended. Some have no SIZE, or do not tell that of what
 * was written: then there is nothing to compare. */
static CURLcode
put (UFtpExchange *self)
{
  CURLcode code;

  set_up (self);
  code = perform (self);
  if (code != CURLE_OK || self->converts_lines || self->security == U_FTP_PLAIN)
    return code;

  self->verb = U_FTP_HEAD;
  set_up (self);
  code = perform (self);
  self->verb = U_FTP_PUT;

  return code == CURLE_OK && self->size >= 0 && self->size != self->body_length ? CURLE_PARTIAL_FILE : CURLE_OK;
}

static CURLcode
carry_out (UFtpExchange *self)
{
  CURLcode code;

  switch (self->verb)
    {
    case U_FTP_LIST:
      return list (self);

    case U_FTP_GET:
      if (self->offset > 0)
        return get_rest (self);
      set_up (self);
      return perform (self);

    case U_FTP_HEAD:
      set_up (self);
      code = perform (self);
      if (code == CURLE_OK)
        tell_file (self, 0);
      return code;

    case U_FTP_PUT:
    default:
      code = put (self);
      if (code == CURLE_OK)
        tell_response (self, new_response (self, 200, NULL, NULL, 0));
      return code;
    }
}

/* ---- The end of the thread ---- */

static gboolean
is_refusal (UFtpExchange *self, CURLcode code)
{
  return (code == CURLE_LOGIN_DENIED || code == CURLE_FTP_COULDNT_RETR_FILE || code == CURLE_UPLOAD_FAILED) &&
         !self->has_begun && (self->reply == 530 || self->reply == 430 || self->reply == 331 || self->reply == 332);
}

static gint64
get_time (UFtpExchange *self, CURLINFO info)
{
  curl_off_t time = 0;

  curl_easy_getinfo (self->easy, info, &time);

  return (gint64) time;
}

static void
measure (UFtpExchange *self)
{
  char *remote = NULL;
  char *local = NULL;
  long remote_port = 0;
  long local_port = 0;

  curl_easy_getinfo (self->easy, CURLINFO_PRIMARY_IP, &remote);
  curl_easy_getinfo (self->easy, CURLINFO_PRIMARY_PORT, &remote_port);
  curl_easy_getinfo (self->easy, CURLINFO_LOCAL_IP, &local);
  curl_easy_getinfo (self->easy, CURLINFO_LOCAL_PORT, &local_port);

  g_mutex_lock (&self->lock);
  self->news.is_measured = remote != NULL && *remote != '\0';
  self->news.lookup = get_time (self, CURLINFO_NAMELOOKUP_TIME_T);
  self->news.connect = get_time (self, CURLINFO_CONNECT_TIME_T);
  self->news.secure = get_time (self, CURLINFO_APPCONNECT_TIME_T);
  self->news.request = get_time (self, CURLINFO_PRETRANSFER_TIME_T);
  self->news.remote_address = g_strdup (remote);
  self->news.local_address = g_strdup (local);
  self->news.remote_port = (guint) remote_port;
  self->news.local_port = (guint) local_port;
  g_mutex_unlock (&self->lock);
}

static GError *
new_error (UFtpExchange *self, CURLcode code)
{
  UFtpFailure failure = { .code = code, .reply = self->reply, .text = self->text, .openssl = is_openssl () };

  curl_easy_getinfo (self->easy, CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
  curl_easy_getinfo (self->easy, CURLINFO_OS_ERRNO, &failure.os_error);

  return u_ftp_error_new (&failure, self->masked_url);
}

static void
conclude (UFtpExchange *self, CURLcode code)
{
  GError *error = NULL;

  measure (self);
  if (is_refusal (self, code))
    tell_response (self, new_response (self, 401, NULL, NULL, 0));
  else if (code != CURLE_OK)
    error = new_error (self, code);

  g_mutex_lock (&self->lock);
  self->news.done = TRUE;
  self->news.error = error;
  self->news.nothing_sent = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
                            code == CURLE_COULDNT_RESOLVE_PROXY;
  g_mutex_unlock (&self->lock);
  u_ftp_exchange_wake (self);
}

/* A server is told that we leave, but not waited for. */
static void
leave (UFtpExchange *self)
{
  CURLM *multi;

  for (guint i = 0; i < self->sockets->len; i++)
    shutdown (g_array_index (self->sockets, curl_socket_t, i), SHUT_RD);

  g_mutex_lock (&self->lock);
  multi = g_steal_pointer (&self->multi);
  g_mutex_unlock (&self->lock);
  curl_multi_cleanup (multi);
  curl_easy_cleanup (g_steal_pointer (&self->easy));
}

void
u_ftp_thread_run (UFtpExchange *self)
{
  CURLcode code = carry_out (self);

  if (code == CURLE_SSL_CONNECT_ERROR && self->security == U_FTP_IMPLICIT_TLS && self->may_be_explicit)
    {
      self->security = U_FTP_EXPLICIT_TLS;
      code = carry_out (self);
    }
  conclude (self, code);
  leave (self);
}
