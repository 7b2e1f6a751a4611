/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The test server and the vapi of the library, from Vala. */

uint8[] ask (URLSessionTest.Server server, string target) throws GLib.Error {
  var connection = new SocketClient ().connect_to_host ("127.0.0.1", (uint16) server.port);
  var answer = new ByteArray ();

  connection.output_stream.write_all (@"GET $target HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".data, null);
  while (true) {
    var chunk = connection.input_stream.read_bytes (4096);

    if (chunk.get_size () == 0)
      break;
    answer.append (chunk.get_data ());
  }

  return ByteArray.free_to_bytes ((owned) answer).get_data ();
}

URLSessionTest.Server start_server () {
  var server = new URLSessionTest.Server ();

  try {
    server.start ();
  } catch (GLib.Error error) {
    GLib.error ("%s", error.message);
  }

  return server;
}

void test_server_bytes () {
  var server = start_server ();

  try {
    var answer = new Bytes (ask (server, "/bytes/3000"));
    var body = answer.slice (answer.length - 3000, answer.length);

    assert_true (body.compare (URLSessionTest.pattern_bytes (3000)) == 0);
  } catch (GLib.Error error) {
    assert_not_reached ();
  }
}

void test_server_log () {
  var server = start_server ();

  try {
    ask (server, "/status/404?id=1");
  } catch (GLib.Error error) {
    assert_not_reached ();
  }
  assert_true (server.wait_for_requests (1, 0));
  assert_cmpstr (server.dup_requests ()[0], CompareOperator.EQ, "GET /status/404?id=1");
  assert_cmpstr (server.dup_request_header (0, "host"), CompareOperator.EQ, "test");
  assert_cmpuint (server.dup_connection_ids ()[0], CompareOperator.EQ, 1);
}

void test_error_domain () {
  var error = new URLSession.Error.CANCELLED ("cancelled");

  assert_true (error is URLSession.Error);
}

int main (string[] args) {
  Test.init (ref args);
  Test.add_func ("/vala/smoke/server-bytes", test_server_bytes);
  Test.add_func ("/vala/smoke/server-log", test_server_log);
  Test.add_func ("/vala/smoke/error-domain", test_error_domain);

  return Test.run ();
}
