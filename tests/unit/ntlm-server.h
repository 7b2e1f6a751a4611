/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <string.h>

/*
 * The legs of NTLM, on each connection for itself: there is no server of Debian's that carries them out without a
 * domain controller. The nonce is always the same, so there is one right response to it, which was computed with OpenSSL.
 *
 * "/ntlm": NTLM; "/both": NTLM and Basic; "/basic": Basic; "/basic-big": Basic, with a large body.
 */

#define NTLM_NONCE "\x01\x23\x45\x67\x89\xab\xcd\xef"
#define NTLM_BIG (64 * 1024 * 1024)

/* DES of the nonce under the MD4 of “secret” in UTF-16. */
#define NTLM_RIGHT_RESPONSE "2fecdd61da941ec269d46dd130ba93129c4166fe03f21706"

typedef struct
{
  GSocketService *service;    /* owned */
  guint16 port;
  gint n_requests;            /* atomic */
} NtlmServer;

static inline guint32
ntlm_get_number (const guint8 *data, gsize offset, guint n_bytes)
{
  guint32 number = 0;

  for (guint i = 0; i < n_bytes; i++)
    number |= (guint32) data[offset + i] << (8 * i);

  return number;
}

/* A security buffer: length, room, offset. NULL: it lies outside. */
static inline const guint8 *
ntlm_get_buffer (const guint8 *data, gsize size, gsize offset, gsize *length)
{
  gsize start = ntlm_get_number (data, offset + 4, 4);

  *length = ntlm_get_number (data, offset, 2);

  return start + *length <= size ? data + start : NULL;
}

/* (transfer full): "domain\\user" of a message of type 3 with the right response, or NULL */
static inline char *
ntlm_check_login (const guint8 *data, gsize size)
{
  const guint8 *response;
  const guint8 *domain;
  const guint8 *user;
  gsize response_length;
  gsize domain_length;
  gsize user_length;
  g_autoptr (GString) hex = g_string_new (NULL);
  g_autofree char *domain_text = NULL;
  g_autofree char *user_text = NULL;

  response = ntlm_get_buffer (data, size, 20, &response_length);
  domain = ntlm_get_buffer (data, size, 28, &domain_length);
  user = ntlm_get_buffer (data, size, 36, &user_length);
  if (response == NULL || domain == NULL || user == NULL)
    return NULL;
  for (gsize i = 0; i < response_length; i++)
    g_string_append_printf (hex, "%02x", response[i]);
  if (strcmp (hex->str, NTLM_RIGHT_RESPONSE) != 0)
    return NULL;

  domain_text = g_convert ((const char *) domain, domain_length, "UTF-8", "UTF-16LE", NULL, NULL, NULL);
  user_text = g_convert ((const char *) user, user_length, "UTF-8", "UTF-16LE", NULL, NULL, NULL);

  return g_strdup_printf ("%s\\%s", domain_text, user_text);
}

static inline char *
ntlm_make_challenge (void)
{
  guint8 message[48] = "NTLMSSP\0\2\0\0";

  message[16] = 48;           /* no name, which begins at the end */
  message[20] = 0x01;         /* Unicode */
  message[21] = 0x02;         /* NTLM */
  memcpy (message + 24, NTLM_NONCE, 8);
  message[44] = 48;

  return g_base64_encode (message, sizeof message);
}

static inline gboolean
ntlm_write (GOutputStream *output, const char *status, const char *headers, const char *body, gsize length)
{
  g_autofree char *head = g_strdup_printf ("HTTP/1.1 %s\r\n%sContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n", status,
                                           headers, length);

  return g_output_stream_write_all (output, head, strlen (head), NULL, NULL, NULL)
         && g_output_stream_write_all (output, body, length, NULL, NULL, NULL);
}

static inline char *
ntlm_read_request (GDataInputStream *input, char **login)
{
  g_autofree char *first = g_data_input_stream_read_line (input, NULL, NULL, NULL);
  g_auto (GStrv) words = NULL;
  gsize body_length = 0;

  *login = NULL;
  if (first == NULL)
    return NULL;
  for (;;)
    {
      g_autofree char *line = g_data_input_stream_read_line (input, NULL, NULL, NULL);

      if (line == NULL)
        return NULL;
      g_strchomp (line);
      if (*line == '\0')
        break;
      if (g_ascii_strncasecmp (line, "Authorization: ", 15) == 0)
        *login = g_strdup (line + 15);
      else if (g_ascii_strncasecmp (line, "Content-Length: ", 16) == 0)
        body_length = g_ascii_strtoull (line + 16, NULL, 10);
    }
  if (body_length > 0)
    {
      g_autofree char *body = g_malloc (body_length);

      if (!g_input_stream_read_all (G_INPUT_STREAM (input), body, body_length, NULL, NULL, NULL))
        return NULL;
    }
  words = g_strsplit (first, " ", 3);

  return g_strdup (words[1]);
}

static inline gboolean
ntlm_run_cb (GThreadedSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  NtlmServer *self = user_data;
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  g_autoptr (GDataInputStream) input = NULL;
  g_autofree char *who = NULL;

  input = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  g_data_input_stream_set_newline_type (input, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  for (;;)
    {
      g_autofree char *login = NULL;
      g_autofree char *path = ntlm_read_request (input, &login);
      g_autofree char *headers = NULL;
      g_autofree guint8 *message = NULL;
      gsize size = 0;
      gboolean more;

      if (path == NULL)
        break;
      g_atomic_int_inc (&self->n_requests);

      if (g_str_has_prefix (path, "/basic"))
        {
          g_autofree char *big = g_str_equal (path, "/basic-big") ? g_strnfill (NTLM_BIG, 'x') : g_strdup ("no");

          if (!ntlm_write (output, "401 No", "WWW-Authenticate: Basic realm=\"x\"\r\n", big, strlen (big)))
            break;
          continue;
        }

      if (login != NULL && g_str_has_prefix (login, "NTLM "))
        message = g_base64_decode (login + 5, &size);
      if (size > 12 && message[8] == 3)
        {
          g_clear_pointer (&who, g_free);
          who = ntlm_check_login (message, size);
        }

      if (size > 12 && message[8] == 1)
        {
          g_autofree char *challenge = ntlm_make_challenge ();

          headers = g_strdup_printf ("WWW-Authenticate: NTLM %s\r\n", challenge);
          more = ntlm_write (output, "401 Go on", headers, "go on", 5);
        }
      else if (who != NULL)
        {
          more = ntlm_write (output, "200 OK", "", who, strlen (who));
        }
      else
        {
          headers = g_strconcat ("WWW-Authenticate: NTLM\r\n",
                                 g_str_equal (path, "/both") ? "WWW-Authenticate: Basic realm=\"x\"\r\n" : "", NULL);
          more = ntlm_write (output, "401 No", headers, "no", 2);
        }
      if (!more)
        break;
    }

  return TRUE;
}

/* It needs the context that it is made in to turn. */
static inline NtlmServer *
ntlm_server_new (void)
{
  NtlmServer *self = g_new0 (NtlmServer, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) got = NULL;

  self->service = g_threaded_socket_service_new (-1);
  g_assert_true (g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), wanted, G_SOCKET_TYPE_STREAM,
                                                G_SOCKET_PROTOCOL_TCP, NULL, &got, NULL));
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got));
  g_signal_connect (self->service, "run", G_CALLBACK (ntlm_run_cb), self);

  return self;
}

static inline void
ntlm_server_free (NtlmServer *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_free (self);
}
