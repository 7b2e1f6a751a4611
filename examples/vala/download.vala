/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Downloads a URL to a file or a folder, and tells how far it is: download URL DESTINATION */

async void download (string uri, File destination) throws GLib.Error {
  var session = new URLSession.Session (null);
  var task = session.create_download_task_for_uri (uri);

  task.notify["fraction-completed"].connect (() => {
    stdout.printf ("%.0f %%\n", task.fraction_completed * 100);
  });
  var file = yield task.save_async (destination, null);

  stdout.printf ("saved as %s\n", file.get_path ());
}

int main (string[] args) {
  var loop = new MainLoop ();
  var status = 0;

  download.begin (args[1], File.new_for_commandline_arg (args[2]), (source, result) => {
    try {
      download.end (result);
    } catch (GLib.Error error) {
      stderr.printf ("%s\n", error.message);
      status = 1;
    }
    loop.quit ();
  });
  loop.run ();

  return status;
}
