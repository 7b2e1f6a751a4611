# SPDX-License-Identifier: LGPL-2.1-or-later
"""Queries, forms, JSON and credentials, as a program writes them; forms are read by a parser that is not ours."""

import base64
import json
import subprocess
import sys
import unittest

import support
import tap

from gi.repository import Gio, GLib, URLSession

Error = URLSession.Error

HTTPBIN = """
import httpbin, werkzeug.serving
server = werkzeug.serving.make_server("127.0.0.1", 0, httpbin.app, threaded=True)
print(server.port, flush=True)
server.serve_forever()
"""


class Requests(support.TestCase):
    async def echo(self, **options):
        answer, response = await self.session.json(self.uri("/echo"), **options)
        answer["fields"] = {name.lower(): value for name, value in answer["headers"]}
        return answer

    def test_query(self):
        request = URLSession.Request("http://h/p?x=1#f", query={"q": "a b&ü", "n": 3, "all": True, "s": ["u", "v"]})
        self.assertEqual(request.uri, "http://h/p?x=1&q=a%20b%26%C3%BC&n=3&all=true&s=u&s=v#f")
        self.assertEqual(request.query, [("x", "1"), ("q", "a b&ü"), ("n", "3"), ("all", "true"), ("s", "u"),
                                         ("s", "v")])
        self.assertEqual(request.dup_query_value("q"), "a b&ü")
        self.assertIsNone(request.dup_query_value("nothing"))
        request.query = [("b", 1.5), ("a", None)]
        self.assertEqual(request.uri, "http://h/p?b=1.5&a#f")
        request.query = request.query + [("c", "d")]
        self.assertEqual(request.uri, "http://h/p?b=1.5&a=&c=d#f")
        request.query = {}
        self.assertEqual(request.uri, "http://h/p#f")
        request.set_query({"a": "b"})
        request.add_query_item("c")
        self.assertEqual(request.uri, "http://h/p?a=b&c#f")
        with self.assertRaises(TypeError):
            request.query = {"a": b"bytes"}
        self.assertEqual(request.uri, "http://h/p?a=b&c#f")

    async def test_json(self):
        answer = await self.echo(json={"a": [1, None, "ä"]}, headers={"X-One": "1"})
        self.assertEqual(answer["method"], "POST")
        self.assertEqual(answer["fields"]["content-type"], "application/json")
        self.assertEqual(answer["fields"]["x-one"], "1")
        self.assertEqual(answer["body"], '{"a": [1, null, "\\u00e4"]}')
        answer = await self.echo(json=[], method="PATCH")
        self.assertEqual((answer["method"], answer["body"]), ("PATCH", "[]"))

    def test_json_node(self):
        import gi
        gi.require_version("Json", "1.0")
        from gi.repository import Json
        request = URLSession.Request("http://h/")
        request.set_body_json(Json.from_string('{"a":1}'))
        self.assertEqual(request.get_body_bytes().get_data(), b'{"a":1}')

    async def test_body(self):
        answer = await self.echo(body="text")
        self.assertEqual((answer["method"], answer["body"]), ("POST", "text"))
        with self.assertRaises(TypeError):
            await self.echo(body="text", json={})

    async def test_options_leave_the_request_alone(self):
        request = URLSession.Request(self.uri("/echo"))
        answer, _ = await self.session.json(request, query={"a": "b"}, json={}, timeout=5)
        self.assertEqual((answer["method"], answer["query"]), ("POST", "a=b"))
        self.assertEqual((request.method, request.uri, request.timeout), ("GET", self.uri("/echo"), 0))
        self.assertIsNone(request.get_body_bytes())

    async def test_every_call_takes_them(self):
        body, _ = await self.session.open(self.uri("/echo"), form={"a": 1})
        self.assertIn(b'"POST"', await body.read())
        file, _ = await self.session.download(self.uri("/echo"), self.folder / "f", form={"a": 1})
        self.assertIn(b'"POST"', file.load_contents()[1])
        self.assertIn(b'"POST"', await self.session.create_data_task(self.uri("/echo"), form={"a": 1}).load())

    async def test_form(self):
        answer = await self.echo(form={"a b": "ü&", "n": [1, 2]})
        self.assertEqual(answer["fields"]["content-type"], "application/x-www-form-urlencoded")
        self.assertEqual(answer["body"], "a+b=%C3%BC%26&n=1&n=2")
        with self.assertRaises(TypeError):
            URLSession.FormData({"a": None})

    async def test_r043_progress_of_a_form_with_a_file(self):
        path = self.folder / "f"
        path.write_bytes(bytes(3_000_000))
        task = self.session.create_data_task(self.uri("/empty"), form={"f": path})
        self.assertEqual(task.bytes_expected_to_send, -1)
        await task.load()
        self.assertEqual(task.bytes_expected_to_send, task.bytes_sent)
        self.assertGreater(task.bytes_sent, 3_000_000)

    async def test_r045_missing_file(self):
        error = await self.assertFails(Error.FILE_DOES_NOT_EXIST,
                                       self.session.data(self.uri("/empty"), form={"f": self.folder / "nothing"}))
        self.assertIn("nothing", error.message)

    async def test_authorization(self):
        request = URLSession.Request(self.uri("/echo"))
        request.set_basic_authorization("jürgen", "geheim")
        answer, _ = await self.session.json(request)
        value = dict(answer["headers"])["Authorization"]
        self.assertEqual(base64.b64decode(value.removeprefix("Basic ")).decode(), "jürgen:geheim")
        request.set_bearer_token("abc")
        self.assertEqual(request.headers["Authorization"], "Bearer abc")
        for wrong in (lambda: request.set_basic_authorization("a:b", "geheim"),
                      lambda: request.set_bearer_token("geheim\n")):
            with self.assertRaises(GLib.Error) as caught:
                wrong()
            self.assertIsError(caught.exception, Error.BAD_HEADER)
            self.assertNotIn("geheim", caught.exception.message)

    async def test_curl(self):
        request = URLSession.Request(self.uri("/echo"), json={"it's": "ü"})
        ours, _ = await self.session.json(request)
        output = subprocess.run(request.to_curl(), shell=True, check=True, capture_output=True).stdout
        theirs = json.loads(output)
        for part in ("method", "path", "query", "body"):
            self.assertEqual(theirs[part], ours[part])

    def test_policy(self):
        request = URLSession.Request("http://h/", allows_cellular_access=False, main_document_uri="http://m/")
        request.handles_cookies = False
        copy = request.copy()
        self.assertFalse(copy.allows_cellular_access)
        self.assertTrue(copy.allows_expensive_access)
        self.assertFalse(copy.handles_cookies)
        self.assertEqual(copy.main_document_uri, "http://m/")


class Httpbin(support.TestCase):
    """Against httpbin, whose forms are read by werkzeug."""

    def setUp(self):
        super().setUp()
        process = subprocess.Popen([sys.executable, "-c", HTTPBIN], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        port = process.stdout.readline()
        if not port:
            raise unittest.SkipTest("httpbin is not installed")
        self.post = "http://127.0.0.1:{}/post".format(int(port))

    async def test_httpbin_fields(self):
        fields = {"a b": "c+d&e=f", "ü": "日本", "": "", "line": "1\r\n2", "many": ["x", "y"]}
        for multipart in (False, True):
            form = URLSession.FormData(fields, uses_multipart=multipart)
            answer, _ = await self.session.json(self.post, form=form)
            self.assertEqual(answer["form"], {name: value for name, value in fields.items()})
            self.assertEqual(answer["headers"]["Content-Type"].startswith("multipart/"), multipart)

    async def test_httpbin_files(self):
        text = self.folder / "a ü, \"b\";.txt"
        text.write_text("from a file\n")
        binary = bytes(range(256)) * 1000
        empty = self.folder / "empty"
        empty.touch()
        answer, _ = await self.session.json(self.post, form={
            "field": "value",
            "text": text,
            "file": Gio.File.new_for_path(str(text)),
            "binary": ("b.bin", binary, "image/png"),
            "memory": ("m.txt", "from memory"),
            "empty": empty,
        })
        self.assertEqual(answer["form"], {"field": "value"})
        files = answer["files"]
        self.assertEqual(files["text"], "from a file\n")
        self.assertEqual(files["file"], "from a file\n")
        self.assertEqual(files["memory"], "from memory")
        self.assertEqual(files["empty"], "")
        kind, data = files["binary"].split(";base64,")
        self.assertEqual(kind, "data:image/png")
        self.assertEqual(base64.b64decode(data), binary)

    async def test_httpbin_odd_names(self):
        answer, _ = await self.session.json(self.post, form={"f": ("a\"\r\nX: y\\.txt", "x"), "n\"\r\n": "y"})
        self.assertEqual(answer["files"], {"f": "x"})
        self.assertEqual(list(answer["form"].values()), ["y"])

    async def test_httpbin_what_looks_like_a_boundary(self):
        content = b"\r\n--urlsession-0123456789abcdef0123456789abcdef--\r\n--\r\n----\r\n"
        answer, _ = await self.session.json(self.post, form={"f": ("f.txt", content)})
        self.assertEqual(answer["files"]["f"].encode(), content)

    async def test_httpbin_large(self):
        path = self.folder / "large"
        with path.open("wb") as file:
            file.write(b"begin")
            file.truncate(20_000_000)
            file.seek(0, 2)
            file.write(b"end")
        answer, _ = await self.session.json(self.post, form={"f": path, "last": "here"})
        self.assertEqual(len(answer["files"]["f"]), 20_000_003)
        self.assertTrue(answer["files"]["f"].startswith("begin"))
        self.assertTrue(answer["files"]["f"].endswith("\x00end"))
        self.assertEqual(answer["form"], {"last": "here"})

    async def test_httpbin_json(self):
        answer, _ = await self.session.json(self.post, json={"a": ["ü"]})
        self.assertEqual(answer["json"], {"a": ["ü"]})

    async def test_httpbin_query(self):
        answer, _ = await self.session.json(self.post, query={"a b": "c+d&e=f", "ü": "日本"}, body=b"")
        self.assertEqual(answer["args"], {"a b": "c+d&e=f", "ü": "日本"})


if __name__ == "__main__":
    tap.main()
