/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream-fixture.h"

#include <string.h>

#include "tests/unit/tls-servers.h"

/* Tasks for streams that become secure: with nginx, with a command in the middle as vsftpd has it, and with servers
 * that do not play by the rules. */

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

static TlsServers *servers;
static const char *why_not;
static guint16 ftp_port;

typedef struct
{
  UTestScene scene;
  USessionConfiguration *configuration; /* owned */
  const char *answers;        /* see challenge_cb() */
  GString *asked;             /* owned */
  UAuthenticationChallenge *later; /* owned, nullable: not answered yet */
} Fixture;

/* One letter for each answer: t trust, x reject, c cancel, d default, l later, i the certificate of a client. */
static gboolean
challenge_cb (USession *session, UTask *task, UAuthenticationChallenge *challenge, gpointer user_data)
{
  Fixture *self = user_data;
  UProtectionSpace *space = u_authentication_challenge_get_protection_space (challenge);
  gboolean is_trust = u_protection_space_get_authentication_method (space) == U_AUTHENTICATION_METHOD_SERVER_TRUST;

  g_string_append_c (self->asked, is_trust ? 't' : 'c');
  switch (*self->answers++)
    {
    case 't':
      u_authentication_challenge_trust_server (challenge, FALSE);
      return TRUE;
    case 'x':
      u_authentication_challenge_reject_space (challenge);
      return TRUE;
    case 'c':
      u_authentication_challenge_cancel_task (challenge);
      return TRUE;
    case 'l':
      self->later = g_object_ref (challenge);
      return TRUE;
    case 'i':
      {
        g_autoptr (GTlsCertificate) identity = tls_servers_load_identity (servers, "client");
        g_autoptr (UCredential) credential = NULL;

        credential = u_credential_new_for_identity (identity, U_CREDENTIAL_PERSISTENCE_NONE);
        u_authentication_challenge_use_credential (challenge, credential);
        return TRUE;
      }
    case 'd':
      return FALSE;
    default:
      g_assert_not_reached ();
    }
}

static void
listen_to_questions (Fixture *self)
{
  g_signal_connect (self->scene.session, "challenge", G_CALLBACK (challenge_cb), self);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  u_test_scene_set_up (&self->scene, NULL);
  self->asked = g_string_new (NULL);
  self->answers = "";
  if (servers == NULL)
    {
      g_test_skip (why_not);
      return;
    }
  self->configuration = u_session_configuration_new ();
  u_session_configuration_set_tls_database (self->configuration, servers->database);
  u_test_scene_configure (&self->scene, self->configuration);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_object (&self->later);
  g_clear_object (&self->configuration);
  u_test_scene_tear_down (&self->scene, NULL);
  g_string_free (self->asked, TRUE);
}

static UStreamTask *
new_secure (Fixture *self, TlsServer server)
{
  UStreamTask *task = stream_new (&self->scene, servers->ports[server]);

  u_stream_task_start_secure_connection (task);

  return task;
}

static void
assert_get (Fixture *self, UStreamTask *task, const char *path, const char *expected)
{
  g_autofree char *request = g_strdup_printf ("GET %s HTTP/1.0\r\n\r\n", path);
  g_autoptr (Call) write = call_write (task, request, 0, NULL);
  g_autoptr (Call) read = call_read (task, 10000, 10000, 0, NULL);
  g_autofree char *text = NULL;

  call_wait (&self->scene, read);
  g_assert_no_error (write->error);
  g_assert_no_error (read->error);
  g_assert_true (read->at_end);
  text = g_strndup (g_bytes_get_data (read->bytes, NULL), g_bytes_get_size (read->bytes));
  g_assert_true (g_str_has_prefix (text, "HTTP/1.1 200"));
  g_assert_nonnull (strstr (text, expected));
}

static void
test_secure (Fixture *self, gconstpointer data)
{
  g_autoptr (UStreamTask) task = NULL;

  if (servers == NULL)
    return;

  task = new_secure (self, TLS_GOOD);
  /* A second one changes nothing. */
  u_stream_task_start_secure_connection (task);
  u_task_resume (U_TASK (task));
  assert_get (self, task, "/small", "hello\n");
  u_stream_task_close_write (task);
  u_test_scene_finish (&self->scene, U_TASK (task));
  g_assert_no_error (u_task_get_error (U_TASK (task)));
}

static Call *
read_line (Fixture *self, UStreamTask *task, const char *prefix)
{
  Call *read = call_read (task, 1, 1000, 20, NULL);

  call_wait (&self->scene, read);
  g_assert_no_error (read->error);
  g_assert_cmpmem (g_bytes_get_data (read->bytes, NULL), MIN (strlen (prefix), g_bytes_get_size (read->bytes)), prefix,
                   strlen (prefix));

  return read;
}

/* RFC 4217: secure from a command on. */
static void
test_start (Fixture *self, gconstpointer data)
{
  g_autoptr (UStreamTask) task = NULL;
  g_autoptr (Call) banner = NULL;
  g_autoptr (Call) command = NULL;
  g_autoptr (Call) agreed = NULL;
  g_autoptr (Call) secret = NULL;
  g_autoptr (Call) answer = NULL;

  if (servers == NULL)
    return;
  if (ftp_port == 0)
    {
      g_test_skip ("vsftpd is not installed");
      return;
    }

  task = stream_new (&self->scene, ftp_port);
  u_task_resume (U_TASK (task));
  banner = read_line (self, task, "220");
  command = call_write (task, "AUTH TLS\r\n", 0, NULL);
  agreed = read_line (self, task, "234");
  u_stream_task_start_secure_connection (task);
  secret = call_write (task, "PBSZ 0\r\n", 0, NULL);
  answer = read_line (self, task, "200");
  g_assert_no_error (secret->error);
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

static void
test_untrusted (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *answers;
    gint code;
  } rows[] = {
    { "d", U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE },
    { "x", U_ERROR_SERVER_CERTIFICATE_UNTRUSTED },
    { "c", U_ERROR_CANCELLED },
  };
  g_autoptr (UStreamTask) task = NULL;

  if (servers == NULL)
    return;

  listen_to_questions (self);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (UStreamTask) refused = new_secure (self, TLS_EXPIRED);
      g_autoptr (Call) write = call_write (refused, "GET /small HTTP/1.0\r\n\r\n", 0, NULL);

      self->answers = rows[i].answers;
      u_task_resume (U_TASK (refused));
      u_test_scene_finish (&self->scene, U_TASK (refused));
      call_wait (&self->scene, write);
      g_assert_error (u_task_get_error (U_TASK (refused)), U_ERROR, rows[i].code);
      g_assert_error (write->error, U_ERROR, rows[i].code);
      g_assert_cmpint (u_task_get_bytes_sent (U_TASK (refused)), ==, 0);
      if (rows[i].code == U_ERROR_SERVER_CERTIFICATE_HAS_BAD_DATE)
        g_assert_nonnull (u_task_get_failing_trust (U_TASK (refused)));
    }
  g_assert_cmpuint (tls_servers_count_requests (servers, TLS_EXPIRED), ==, 0);

  /* Nothing goes over the connection while the question is open. */
  task = new_secure (self, TLS_EXPIRED);
  self->answers = "l";
  u_task_resume (U_TASK (task));
  u_test_wait_until (self->scene.context, self->later != NULL);
  g_assert_cmpint (u_task_get_bytes_sent (U_TASK (task)), ==, 0);
  u_authentication_challenge_trust_server (self->later, FALSE);
  assert_get (self, task, "/small", "hello\n");
  u_stream_task_close_write (task);
  u_test_scene_finish (&self->scene, U_TASK (task));
  g_assert_no_error (u_task_get_error (U_TASK (task)));
}

static void
test_asks_about_all (Fixture *self, gconstpointer data)
{
  g_autoptr (UStreamTask) task = NULL;

  if (servers == NULL)
    return;

  listen_to_questions (self);
  self->answers = "d";
  task = new_secure (self, TLS_GOOD);
  u_task_resume (U_TASK (task));
  assert_get (self, task, "/small", "hello\n");
  g_assert_cmpstr (self->asked->str, ==, "t");
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

static void
test_client_certificate (Fixture *self, gconstpointer data)
{
  g_autoptr (UStreamTask) task = NULL;

  if (servers == NULL)
    return;

  listen_to_questions (self);
  self->answers = "id";
  task = new_secure (self, TLS_CLIENT_OPTIONAL);
  u_task_resume (U_TASK (task));
  assert_get (self, task, "/who", "CN=Test client");
  g_assert_cmpstr (self->asked->str, ==, "ct");
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
}

static void
test_rules (Fixture *self, gconstpointer data)
{
  g_autoptr (UStreamTask) task = NULL;

  if (servers == NULL)
    return;

  u_transport_security_set_minimum_tls_version (u_session_configuration_get_transport_security (self->configuration),
                                                G_TLS_PROTOCOL_VERSION_TLS_1_3);
  u_test_scene_configure (&self->scene, self->configuration);
  task = new_secure (self, TLS_1_2_ONLY);
  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  g_assert_error (u_task_get_error (U_TASK (task)), U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);
}

static void
test_not_tls (Fixture *self, gconstpointer data)
{
  g_autoptr (UStreamTask) task = NULL;
  g_autoptr (Call) read = NULL;

  if (servers == NULL)
    return;

  task = stream_new (&self->scene, servers->plain_port);
  u_stream_task_start_secure_connection (task);
  read = call_read (task, 1, 1, 0, NULL);
  u_task_resume (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  call_wait (&self->scene, read);
  g_assert_error (u_task_get_error (U_TASK (task)), U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);
  g_assert_error (read->error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);
}

static void
inject (Peer *peer, GSocketConnection *connection)
{
  peer_say (peer, connection, "ok, evil");
  peer_wait (peer, 1);
}

/* What was said in clear is not taken for what is said in secret. */
static void
test_injection (Fixture *self, gconstpointer data)
{
  Peer *peer = peer_new (inject);
  g_autoptr (UStreamTask) task = stream_new (&self->scene, peer->port);
  g_autoptr (Call) whole = call_read (task, 100, 100, 0.1, NULL);
  g_autoptr (Call) read = NULL;

  u_task_resume (U_TASK (task));
  call_wait (&self->scene, whole);
  g_assert_error (whole->error, U_ERROR, U_ERROR_TIMED_OUT);
  u_stream_task_start_secure_connection (task);
  read = call_read (task, 1, 100, 0, NULL);
  u_test_scene_finish (&self->scene, U_TASK (task));
  call_wait (&self->scene, read);
  g_assert_error (read->error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED);
  peer_open (peer);
  peer_free (peer);
}

/* Over TLS: hears to the end, answers, then says goodbye, or does not. */
static void
tls_peer (Peer *peer, GSocketConnection *connection, gboolean polite)
{
  g_autoptr (GTlsCertificate) certificate = tls_servers_load_identity (servers, "good");
  g_autoptr (GIOStream) stream = g_tls_server_connection_new (G_IO_STREAM (connection), certificate, NULL);
  char buffer[100];
  gssize n;

  while ((n = g_input_stream_read (g_io_stream_get_input_stream (stream), buffer, sizeof buffer, peer->cancellable,
                                   NULL)) > 0)
    peer->n_bytes += n;
  g_output_stream_write_all (g_io_stream_get_output_stream (stream), "late", 4, NULL, peer->cancellable, NULL);
  if (polite)
    g_io_stream_close (stream, NULL, NULL);
  else
    g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

static void
polite_peer (Peer *peer, GSocketConnection *connection)
{
  tls_peer (peer, connection, TRUE);
}

static void
rude_peer (Peer *peer, GSocketConnection *connection)
{
  tls_peer (peer, connection, FALSE);
}

static void
test_half_close (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  for (guint rude = 0; rude < 2; rude++)
    {
      Peer *peer = peer_new (rude ? rude_peer : polite_peer);
      g_autoptr (UStreamTask) task = stream_new (&self->scene, peer->port);
      g_autoptr (Call) write = NULL;
      g_autoptr (Call) late = NULL;
      g_autoptr (Call) end = NULL;

      u_stream_task_start_secure_connection (task);
      u_task_resume (U_TASK (task));
      write = call_write (task, "hello", 0, NULL);
      u_stream_task_close_write (task);
      late = call_read (task, 4, 4, 0, NULL);
      end = call_read (task, 1, 4, 0, NULL);
      call_wait (&self->scene, end);
      g_assert_no_error (write->error);
      call_assert_text (late, "late");
      u_test_scene_finish (&self->scene, U_TASK (task));
      if (rude)
        {
          /* Somebody on the way may have cut it off. */
          g_assert_error (end->error, U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
          g_assert_error (u_task_get_error (U_TASK (task)), U_ERROR, U_ERROR_NETWORK_CONNECTION_LOST);
        }
      else
        {
          call_assert_text (end, "");
          g_assert_true (end->at_end);
          g_assert_no_error (u_task_get_error (U_TASK (task)));
        }
      peer_free (peer);
    }
}

#define BLOCK 16384
#define N_BLOCKS 2000

static guint8 blocks_seen[N_BLOCKS]; /* 1: whole, once, in order */

/* Reads nothing until it is told to; then blocks, each with its number in all of its bytes. */
static void
block_peer (Peer *peer, GSocketConnection *connection)
{
  g_autoptr (GTlsCertificate) certificate = tls_servers_load_identity (servers, "good");
  g_autoptr (GIOStream) stream = g_tls_server_connection_new (G_IO_STREAM (connection), certificate, NULL);
  guint16 block[BLOCK / 2];
  gint last = -1;
  gsize n;

  g_tls_connection_handshake (G_TLS_CONNECTION (stream), peer->cancellable, NULL);
  peer_wait (peer, 1);
  while (g_input_stream_read_all (g_io_stream_get_input_stream (stream), block, sizeof block, &n, peer->cancellable,
                                  NULL) && n == sizeof block)
    {
      gboolean uniform = TRUE;

      for (gsize i = 1; i < G_N_ELEMENTS (block); i++)
        uniform = uniform && block[i] == block[0];
      if (uniform && block[0] < N_BLOCKS && block[0] > last)
        blocks_seen[block[0]] = 1;
      last = block[0];
      peer->n_bytes += (gint64) n;
    }
  g_atomic_int_set (&peer->marks, 1);
}

static guint
count_failed (GPtrArray *calls)
{
  guint n = 0;

  for (guint i = 0; i < calls->len; i++)
    {
      if (((Call *) calls->pdata[i])->error != NULL)
        n++;
    }

  return n;
}

/* A record that TLS has begun cannot be taken back: what was said to be written is there, and nothing is half there. */
static void
test_write_timeout (Fixture *self, gconstpointer data)
{
  Peer *peer;
  g_autoptr (UStreamTask) task = NULL;
  g_autoptr (GPtrArray) calls = NULL;

  if (servers == NULL)
    return;

  peer = peer_new (block_peer);
  task = stream_new (&self->scene, peer->port);
  calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);
  u_stream_task_start_secure_connection (task);
  u_task_resume (U_TASK (task));
  for (guint i = 0; i < N_BLOCKS; i++)
    {
      g_autoptr (GBytes) bytes = NULL;
      guint16 *block = g_new (guint16, BLOCK / 2);

      for (gsize j = 0; j < BLOCK / 2; j++)
        block[j] = (guint16) i;
      bytes = g_bytes_new_take (block, BLOCK);
      g_ptr_array_add (calls, call_write_bytes (task, bytes, 0.02));
    }
  u_stream_task_close_write (task);
  u_test_wait_until (self->scene.context, count_failed (calls) > 0);
  peer_open (peer);
  for (guint i = 0; i < N_BLOCKS; i++)
    call_wait (&self->scene, calls->pdata[i]);
  while (g_atomic_int_get (&peer->marks) == 0)
    g_usleep (1000);
  for (guint i = 0; i < N_BLOCKS; i++)
    {
      if (((Call *) calls->pdata[i])->error == NULL)
        g_assert_cmpint (blocks_seen[i], ==, 1);
    }
  u_task_cancel (U_TASK (task));
  u_test_scene_finish (&self->scene, U_TASK (task));
  peer_free (peer);
}

static void
test_capture (Fixture *self, gconstpointer data)
{
  UStreamTask *task;
  g_autoptr (Call) captured = NULL;
  static const char request[] = "GET /small HTTP/1.0\r\n\r\n";
  char buffer[2000] = { 0 };

  if (servers == NULL)
    return;

  task = new_secure (self, TLS_GOOD);
  captured = call_capture (task);
  u_task_resume (U_TASK (task));
  call_wait (&self->scene, captured);
  g_assert_no_error (captured->error);
  u_test_scene_finish (&self->scene, U_TASK (task));
  u_test_assert_finalized (self->scene.context, task);
  u_test_scene_drop_session (&self->scene);
  g_assert_true (G_IS_TLS_CONNECTION (captured->stream));
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (captured->stream), request, strlen (request),
                                            NULL, NULL, NULL));
  g_assert_true (g_input_stream_read_all (g_io_stream_get_input_stream (captured->stream), buffer, sizeof buffer - 1,
                                          NULL, NULL, NULL));
  g_assert_nonnull (strstr (buffer, "hello\n"));
  g_assert_true (g_io_stream_close (captured->stream, NULL, NULL));
}

/* At any moment. */
static void
test_cancel (Fixture *self, gconstpointer data)
{
  if (servers == NULL)
    return;

  listen_to_questions (self);
  for (guint i = 0; i < 40; i++)
    {
      g_autoptr (UStreamTask) task = new_secure (self, i % 2 == 0 ? TLS_EXPIRED : TLS_CLIENT_OPTIONAL);
      g_autoptr (Call) read = call_read (task, 1, 1, 0, NULL);

      self->answers = "l";
      u_task_resume (U_TASK (task));
      if (i >= 30)
        u_test_wait_until (self->scene.context, self->later != NULL);
      for (guint n = 0; n < i * 4 && self->later == NULL; n++)
        {
          u_test_drain (self->scene.context);
          g_usleep (100);
        }
      u_task_cancel (U_TASK (task));
      u_test_scene_finish (&self->scene, U_TASK (task));
      call_wait (&self->scene, read);
      g_assert_error (read->error, U_ERROR, U_ERROR_CANCELLED);
      g_clear_object (&self->later);
    }
}

static void
start_ftp (void)
{
  g_autofree char *program = daemons_find_program ("vsftpd");
  g_autofree char *config = NULL;
  g_autofree char *path = NULL;

  if (program == NULL)
    return;

  ftp_port = find_free_port ();
  config = g_strdup_printf ("listen=YES\nlisten_address=127.0.0.1\nlisten_port=%u\nbackground=NO\n"
                            "seccomp_sandbox=NO\nanonymous_enable=YES\nallow_anon_ssl=YES\nssl_enable=YES\n"
                            "rsa_cert_file=%s/good.pem\nrsa_private_key_file=%s/good.key\nsecure_chroot_dir=%s/www\n",
                            ftp_port, servers->daemons->folder, servers->daemons->folder, servers->daemons->folder);
  daemons_write (servers->daemons, "vsftpd.conf", config);
  path = daemons_dup_path (servers->daemons, "vsftpd.conf");
  daemons_spawn (servers->daemons, program, path);
  g_assert_true (daemons_wait_for_port (ftp_port));
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  servers = tls_servers_new (&why_not);
  if (servers != NULL)
    start_ftp ();

  ADD ("/stream-tls/r260-secure", test_secure);
  ADD ("/stream-tls/r260-in-the-middle", test_start);
  ADD ("/stream-tls/r260-untrusted", test_untrusted);
  ADD ("/stream-tls/r260-asks-about-all", test_asks_about_all);
  ADD ("/stream-tls/r260-client-certificate", test_client_certificate);
  ADD ("/stream-tls/r260-rules", test_rules);
  ADD ("/stream-tls/r260-not-tls", test_not_tls);
  ADD ("/stream-tls/r260-injection", test_injection);
  ADD ("/stream-tls/r259-half-close", test_half_close);
  ADD ("/stream-tls/r258-write-timeout", test_write_timeout);
  ADD ("/stream-tls/r261-capture", test_capture);
  ADD ("/stream-tls/cancel", test_cancel);

  result = g_test_run ();
  g_clear_pointer (&servers, tls_servers_free);

  return result;
}
