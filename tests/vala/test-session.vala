/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions and tasks from Vala: yield, signals, decisions, errors. */

class Fixture {
  public URLSessionTest.Server server = new URLSessionTest.Server ();
  public URLSession.Session session = new URLSession.Session (null);
  public MainLoop loop = new MainLoop ();

  public Fixture () {
    try {
      server.start ();
    } catch (GLib.Error error) {
      GLib.error ("%s", error.message);
    }
  }

  public void finish (URLSession.Task task) {
    while (task.state != URLSession.TaskState.COMPLETED)
      MainContext.default ().iteration (true);
  }
}

async void load (Fixture fixture) {
  try {
    var session = fixture.session;
    var request = new URLSession.Request (fixture.server.get_uri ("/bytes/1000"));
    URLSession.Response response;

    var data = yield session.data_async (request, null, out response);
    assert_true (data.compare (URLSessionTest.pattern_bytes (1000)) == 0);
    assert_cmpuint (((URLSession.HttpResponse) response).status_code, CompareOperator.EQ, 200);

    var stream = yield session.open_async (request, null, null);
    assert_cmpuint ((uint) (yield stream.read_bytes_async (10)).get_size (), CompareOperator.EQ, 10);

    var node = yield session.json_async (new URLSession.Request (fixture.server.get_uri ("/echo")), null, null);
    assert_cmpstr (node.get_object ().get_string_member ("method"), CompareOperator.EQ, "GET");

    var file = yield session.download_async (request, null, null, null);
    yield file.delete_async ();

    assert_true (yield session.reset_async (null));
    assert_true (yield session.flush_async (null));

    var task = session.create_data_task (request);
    data = yield task.load_async (null);
    assert_cmpuint ((uint) data.get_size (), CompareOperator.EQ, 1000);
    assert_true (task.fraction_completed == 1);

    var opened = yield session.create_data_task (request).open_async (null);
    opened.close ();

    file = yield session.create_download_task (request).save_async (null, null);
    yield file.delete_async ();
  } catch (GLib.Error error) {
    GLib.error ("%s", error.message);
  }
  fixture.loop.quit ();
}

void test_yield () {
  var fixture = new Fixture ();

  load.begin (fixture);
  fixture.loop.run ();
}

async void fail (Fixture fixture) {
  var codes = 0;

  try {
    yield fixture.session.data_async (new URLSession.Request ("http://127.0.0.1:1/"), null, null);
  } catch (URLSession.Error.CANNOT_CONNECT_TO_HOST error) {
    codes++;
  } catch (GLib.Error error) {
    GLib.error ("%s", error.message);
  }

  try {
    var task = fixture.session.create_download_task_for_uri (fixture.server.get_uri ("/stall"));

    task.resume ();
    yield task.cancel_by_producing_resume_data_async (null);
  } catch (URLSession.Error.NOT_RESUMABLE error) {
    codes++;
  } catch (GLib.Error error) {
    GLib.error ("%s", error.message);
  }
  assert_cmpint (codes, CompareOperator.EQ, 2);
  fixture.loop.quit ();
}

void test_errors () {
  var fixture = new Fixture ();

  fail.begin (fixture);
  fixture.loop.run ();
}

void test_signals () {
  var fixture = new Fixture ();
  var task = fixture.session.create_data_task_for_uri (fixture.server.get_uri ("/bytes/100000"));
  var received = 0;
  var completed = false;

  task.received_data.connect ((bytes) => received += bytes.length);
  task.completed.connect ((error) => {
    assert_true (error == null);
    completed = true;
  });
  assert_cmpuint (fixture.session.tasks.get_n_items (), CompareOperator.EQ, 1);
  task.resume ();
  fixture.finish (task);
  assert_true (completed);
  assert_cmpint (received, CompareOperator.EQ, 100000);
}

void test_decision () {
  var fixture = new Fixture ();
  var task = fixture.session.create_data_task_for_uri (fixture.server.get_uri ("/redirect/1"));

  task.decide_redirect.connect ((decision) => {
    assert_cmpuint (decision.response.status_code, CompareOperator.EQ, 302);
    Idle.add (() => {
      decision.deliver_response ();
      return Source.REMOVE;
    });
    return true;
  });
  task.resume ();
  fixture.finish (task);
  assert_cmpuint (((URLSession.HttpResponse) task.response).status_code, CompareOperator.EQ, 302);
}

void test_twins () {
  var fixture = new Fixture ();
  var written = (int64) 0;
  var location = "";

  fixture.session.task_wrote_data.connect ((task, bytes, total, expected) => written = total);
  fixture.session.task_finished_download.connect ((task, file) => location = file.get_path ());
  var task = fixture.session.create_download_task_for_uri (fixture.server.get_uri ("/bytes/10"));
  task.resume ();
  fixture.finish (task);
  assert_true (written == 10);
  /* A disk thread removes it, as soon as the last handler has returned. */
  while (FileUtils.test (location, FileTest.EXISTS))
    Thread.usleep (1000);
}

void test_cancel () {
  var fixture = new Fixture ();
  var task = fixture.session.create_data_task_for_uri (fixture.server.get_uri ("/stall"));

  task.resume ();
  task.cancel ();
  assert_true (task.state == URLSession.TaskState.CANCELING);
  fixture.finish (task);
  assert_true (task.error is URLSession.Error.CANCELLED);
}

void test_headers () {
  var headers = new URLSession.Headers ();

  try {
    headers.set ("A", "1");
    headers.append ("a", "2");
    assert_cmpstr (headers.get ("a"), CompareOperator.EQ, "1, 2");
    assert_cmpint (headers.dup_names ().length, CompareOperator.EQ, 1);
    headers.set ("b", "x\ny");
    assert_not_reached ();
  } catch (GLib.Error error) {
    assert_true (error is URLSession.Error.BAD_HEADER);
  }
}

class Greeter : URLSession.Protocol {
  public int stopped = 0;

  public override bool can_load (URLSession.Request request) {
    return request.uri.has_prefix ("x:");
  }

  public override void start (URLSession.ProtocolLoad load) {
    greet.begin (load);
  }

  async void greet (URLSession.ProtocolLoad load) {
    try {
      load.respond (new URLSession.Response (null, "text/plain", 10, null));
      yield load.send_async (new Bytes ("hello".data), load.cancellable);
      yield load.send_async (new Bytes ("hello".data), null);
      load.finish ();
    } catch (GLib.Error error) {
      load.fail (error);
    }
  }

  public override void stop (URLSession.ProtocolLoad load) {
    stopped++;
  }
}

async void greet (Fixture fixture) {
  try {
    var data = yield fixture.session.data_async (new URLSession.Request ("x:one"), null, null);

    assert_cmpint (data.compare (new Bytes ("hellohello".data)), CompareOperator.EQ, 0);
  } catch (GLib.Error error) {
    GLib.error ("%s", error.message);
  }
  fixture.loop.quit ();
}

void test_protocol () {
  var fixture = new Fixture ();
  var protocol = new Greeter ();
  var configuration = new URLSession.SessionConfiguration ();

  configuration.add_protocol (protocol);
  fixture.session = new URLSession.Session (configuration);
  greet.begin (fixture);
  fixture.loop.run ();
  assert_cmpint (protocol.stopped, CompareOperator.EQ, 1);
}

int main (string[] args) {
  Test.init (ref args);
  Test.add_func ("/vala/session/yield", test_yield);
  Test.add_func ("/vala/session/errors", test_errors);
  Test.add_func ("/vala/session/signals", test_signals);
  Test.add_func ("/vala/session/decision-later", test_decision);
  Test.add_func ("/vala/session/twins", test_twins);
  Test.add_func ("/vala/session/r003-cancel", test_cancel);
  Test.add_func ("/vala/session/protocol", test_protocol);
  Test.add_func ("/vala/session/r280-headers", test_headers);

  return Test.run ();
}
