/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What GJS adds to URLSession: promises, strings for requests, paths for files, byte arrays, iterable headers.
 *
 *   const session = new URLSession.Session();
 *   const [data, response] = await session.data('https://example.org/');
 *
 * Everything of the C library is there as well; without a callback, `session.data_async()` and the like return
 * promises. */

const GLib = imports.gi.GLib;
const GObject = imports.gi.GObject;
const Gio = imports.gi.Gio;
const Json = imports.gi.Json;
const System = imports.system;

/* The collector does not see what lies outside of its own heap, as the bytes of a body do: it is called after so many
 * of them. */
const COLLECT_EVERY = 24 * 1024 * 1024;

/* Bytes that one read of a body asks for. */
const READ_SIZE = 64 * 1024;

function _init() {
    const URLSession = this;
    let bytesSinceCollection = 0;

    function count(length) {
        bytesSinceCollection += length;
        if (bytesSinceCollection >= COLLECT_EVERY) {
            bytesSinceCollection = 0;
            System.gc();
        }
    }

    function toArray(bytes) {
        count(bytes.length);

        return bytes;
    }

    /* get_size() and get_data() leave the bytes behind for good in GJS 1.74; toArray() does not. */
    const fromBytes = bytes => toArray(bytes.toArray());

    /* Of a URLSession.Request, a GLib.Uri or a string; options: those of request.configure(). */
    function toRequest(request, options = null) {
        if (request instanceof URLSession.Request)
            request = options === null ? request : request.copy();
        else if (request instanceof GLib.Uri)
            request = URLSession.Request.new_for_uri(request);
        else
            request = URLSession.Request.new(request);
        if (options !== null)
            request.configure(options);

        return request;
    }

    /* Calls take a cancellable, or options and a cancellable. */
    function split(options = null, cancellable = null) {
        return options instanceof Gio.Cancellable ? [null, options] : [options, cancellable];
    }

    const toBytes = content => {
        if (content instanceof GLib.Bytes)
            return content;
        return new GLib.Bytes(typeof content === 'string' ? new TextEncoder().encode(content) : content);
    };

    /* The pairs of an object, a Map or an array of pairs; an array stands for several values of one name. */
    function* pairs(items) {
        for (const [name, value] of items[Symbol.iterator] ? items : Object.entries(items)) {
            for (const one of Array.isArray(value) ? value : [value])
                yield [name, one];
        }
    }

    function toFile(destination) {
        return typeof destination === 'string' ? Gio.File.new_for_path(destination) : destination;
    }

    /* Replaces a method with one that may use the old one. */
    function wrap(prototype, name, wrapper) {
        const method = prototype[name];

        prototype[name] = function (...args) {
            return wrapper.call(this, method.bind(this), ...args);
        };
    }

    /* ---- Promises ---- */

    function promisify(type, names) {
        for (const name of names)
            Gio._promisify(type.prototype, `${name}_async`, `${name}_finish`);
    }

    promisify(URLSession.Session, ['data', 'open', 'download', 'json', 'upload_file', 'upload_bytes', 'reset', 'flush']);
    promisify(URLSession.CookieStorage, ['flush']);
    promisify(URLSession.CredentialStorage, ['get_credential', 'flush']);
    promisify(URLSession.DataTask, ['load', 'open']);
    promisify(URLSession.WebSocketTask, ['send_text', 'send_bytes', 'receive', 'ping']);
    promisify(URLSession.DownloadTask, ['save', 'cancel_by_producing_resume_data']);
    promisify(URLSession.UploadTask, ['cancel_by_producing_resume_data']);
    promisify(URLSession.StreamTask, ['read', 'write', 'capture_streams']);

    Object.assign(URLSession.Session.prototype, {
        /* [Uint8Array, URLSession.Response] */
        async data(request, ...args) {
            const [options, cancellable] = split(...args);
            const [bytes, response] = await this.data_async(toRequest(request, options), cancellable);

            return [fromBytes(bytes), response];
        },

        /* [what JSON.parse() makes of it, URLSession.Response] */
        async json(request, ...args) {
            const [data, response] = await this.data(request, ...args);

            try {
                return [JSON.parse(new TextDecoder().decode(data)), response];
            } catch (error) {
                throw new GLib.Error(URLSession.error_quark(), URLSession.Error.CANNOT_PARSE_JSON,
                    `The body is not valid JSON: ${error.message}`);
            }
        },

        /* [Gio.InputStream, URLSession.Response]; see URLSession.lines() and URLSession.chunks() */
        open(request, ...args) {
            const [options, cancellable] = split(...args);

            return this.open_async(toRequest(request, options), cancellable);
        },

        /* [Gio.File, URLSession.Response] */
        download(request, destination = null, ...args) {
            const [options, cancellable] = split(...args);

            return this.download_async(toRequest(request, options), toFile(destination), cancellable);
        },

        /* [Uint8Array, URLSession.Response]; body: what request.set_body() takes. */
        upload(request, body, ...args) {
            const [options, cancellable] = split(...args);

            return this.data(toRequest(request, {...options ?? {}, body}), cancellable);
        },

        reset(cancellable = null) {
            return this.reset_async(cancellable);
        },

        flush(cancellable = null) {
            return this.flush_async(cancellable);
        },
    });

    Object.assign(URLSession.CookieStorage.prototype, {
        flush(cancellable = null) {
            return this.flush_async(cancellable);
        },

        [Symbol.iterator]() {
            return this.dup_cookies()[Symbol.iterator]();
        },
    });

    Object.assign(URLSession.CredentialStorage.prototype, {
        /* URLSession.Credential or null */
        get_credential(space, cancellable = null) {
            return this.get_credential_async(space, cancellable);
        },

        flush(cancellable = null) {
            return this.flush_async(cancellable);
        },
    });

    Object.assign(URLSession.DataTask.prototype, {
        /* Uint8Array */
        async load(cancellable = null) {
            return fromBytes(await this.load_async(cancellable));
        },

        /* Gio.InputStream */
        open(cancellable = null) {
            return this.open_async(cancellable);
        },
    });

    Object.assign(URLSession.DownloadTask.prototype, {
        /* Gio.File */
        save(destination = null, cancellable = null) {
            return this.save_async(toFile(destination), cancellable);
        },

        /* GLib.Bytes, for session.resume_download_task() */
        cancel_by_producing_resume_data(cancellable = null) {
            return this.cancel_by_producing_resume_data_async(cancellable);
        },
    });

    Object.assign(URLSession.StreamTask.prototype, {
        /* [Uint8Array, boolean: the other side has closed and this is all]. At least `minimum` bytes and at most
         * `maximum`; seconds to wait, 0: for ever. */
        async read({minimum = 1, maximum = 64 * 1024, timeout = 0} = {}, cancellable = null) {
            const [bytes, atEnd] = await this.read_async(minimum, maximum, timeout, cancellable);

            return [fromBytes(bytes), atEnd];
        },

        /* A text, a byte array, or GLib.Bytes. */
        write(content, {timeout = 0} = {}, cancellable = null) {
            return this.write_async(toBytes(content), timeout, cancellable);
        },

        /* Gio.IOStream */
        capture_streams(cancellable = null) {
            return this.capture_streams_async(cancellable);
        },
    });

    Object.assign(URLSession.WebSocketTask.prototype, {
        /* A text, a byte array or GLib.Bytes. */
        send(data, cancellable = null) {
            return typeof data === 'string' ? this.send_text_async(data, cancellable)
                : this.send_bytes_async(toBytes(data), cancellable);
        },

        /* URLSession.WebSocketMessage */
        receive(cancellable = null) {
            return this.receive_async(cancellable);
        },

        ping(cancellable = null) {
            return this.ping_async(cancellable);
        },

        /* The messages, up to the end of a WebSocket that is closed: for await (const message of task) … */
        async *[Symbol.asyncIterator]() {
            for (;;) {
                let message;

                try {
                    message = await this.receive();
                } catch (error) {
                    if (this.close_code !== 0 && this.error === null)
                        return;
                    throw error;
                }
                yield message;
            }
        },
    });

    wrap(URLSession.WebSocketTask.prototype, 'cancel_with_close_code',
        (close, code = URLSession.WebSocketCloseCode.NORMAL, reason = null) => close(code, reason));

    /* A string or a Uint8Array, whichever the server sent. */
    Object.defineProperty(URLSession.WebSocketMessage.prototype, 'data', {
        configurable: true,
        get() {
            return this.kind === URLSession.WebSocketMessageKind.TEXT ? this.text : fromBytes(this.bytes);
        },
    });

    /* protocols: the subprotocols to offer, the best one first. */
    wrap(URLSession.Session.prototype, 'create_web_socket_task', (create, target, protocols = null, options = null) => {
        let request = toRequest(target, options);

        if (protocols !== null && protocols.length > 0) {
            request = request.copy();
            request.headers.set('Sec-WebSocket-Protocol', protocols.join(', '));
        }
        return create(request);
    });

    Object.assign(URLSession.UploadTask.prototype, {
        /* GLib.Bytes, for session.resume_upload_task() */
        cancel_by_producing_resume_data(cancellable = null) {
            return this.cancel_by_producing_resume_data_async(cancellable);
        },
    });

    /* ---- Protocols ---- */

    promisify(URLSession.ProtocolLoad, ['send', 'challenge']);

    /* A GLib.Error, of whatever was thrown. */
    function toError(error) {
        return error instanceof GLib.Error
            ? error
            : new GLib.Error(URLSession.error_quark(), URLSession.Error.UNKNOWN, `${error}.`);
    }

    function piece(content) {
        const bytes = toBytes(content);

        if (!(content instanceof GLib.Bytes))
            count(content.length);

        return bytes;
    }

    Object.assign(URLSession.ProtocolLoad.prototype, {
        /* Gives a byte array, GLib.Bytes or a text; kept when there is room for more. */
        send(content, cancellable = null) {
            return this.send_async(piece(content), cancellable);
        },

        /* URLSession.Credential or null */
        challenge(space, proposed = null, previousFailureCount = 0, cancellable = null) {
            return this.challenge_async(space, proposed, previousFailureCount, cancellable);
        },
    });

    /* A URLSession.Response, or what it takes to make one: {mimeType, length, charset}, for one of HTTP {status,
     * headers}. */
    wrap(URLSession.ProtocolLoad.prototype, 'respond', (respond, response = {}) => {
        if (!(response instanceof URLSession.Response)) {
            const {status = null, headers = null, mimeType = null, length = -1, charset = null} = response;

            if (status !== null || headers !== null) {
                const fields = new URLSession.Headers();

                for (const [name, value] of pairs(headers ?? {}))
                    fields.append(name, `${value}`);
                response = URLSession.HttpResponse.new(null, status ?? 200, null, fields);
            } else {
                response = URLSession.Response.new(null, mimeType, length, charset);
            }
        }
        respond(response);
    });
    wrap(URLSession.ProtocolLoad.prototype, 'send_data', (send, content) => send(piece(content)));
    wrap(URLSession.ProtocolLoad.prototype, 'fail', (fail, error) => fail(toError(error)));
    wrap(URLSession.ProtocolLoad.prototype, 'redirect', (redirect, request, response = null) =>
        redirect(toRequest(request), response));

    /* A vfunc_start() that throws, or whose promise is rejected, has failed: nobody would let go of its load before the
     * collector does. */
    function guard(start) {
        const report = (load, error) => {
            if (!load.cancellable.is_cancelled())
                logError(error);
            load.fail(error);
        };

        return function (load) {
            try {
                const returned = start.call(this, load);

                if (returned instanceof Promise)
                    returned.catch(error => report(load, error));
            } catch (error) {
                report(load, error);
            }
        };
    }

    URLSession.Protocol._classInit = function (klass) {
        if (Object.prototype.hasOwnProperty.call(klass.prototype, 'vfunc_start'))
            klass.prototype.vfunc_start = guard(klass.prototype.vfunc_start);

        return GObject.Object._classInit.call(this, klass);
    };

    for (const name of ['create_data_task', 'create_download_task', 'create_upload_task']) {
        wrap(URLSession.Session.prototype, name, (create, request, options = null) =>
            create(toRequest(request, options)));
    }
    for (const name of ['resume_download_task', 'resume_upload_task']) {
        wrap(URLSession.Session.prototype, name, (resume, data, request = null) =>
            resume(data instanceof GLib.Bytes ? data : new GLib.Bytes(data),
                request === null ? null : toRequest(request)));
    }

    /* ---- Requests ---- */

    Object.assign(URLSession.FormData.prototype, {
        /* A value is a text or a number, a byte array or GLib.Bytes, or a Gio.File. */
        add(name, value) {
            if (value instanceof Gio.File)
                this.add_file(name, value, null);
            else if (value instanceof Uint8Array || value instanceof GLib.Bytes)
                this.add_bytes(name, toBytes(value), null, null);
            else if (['string', 'number', 'boolean'].includes(typeof value))
                this.add_field(name, `${value}`);
            else
                throw new TypeError(`the field ${name} of a form cannot be ${value}`);
        },
    });

    wrap(URLSession.FormData.prototype, 'add_bytes', (add, name, content, fileName = null, contentType = null) =>
        add(name, toBytes(content), fileName, contentType));
    wrap(URLSession.FormData.prototype, 'add_file', (add, name, file, contentType = null) =>
        add(name, toFile(file), contentType));

    /* Of an object, a Map or an array of pairs. */
    URLSession.FormData.from = fields => {
        const form = new URLSession.FormData();

        for (const [name, value] of pairs(fields))
            form.add(name, value);

        return form;
    };

    function becomePost(request) {
        if (request.method === 'GET')
            request.method = 'POST';
    }

    Object.assign(URLSession.Request.prototype, {
        /* Several things at once. With a body of any kind the method is POST unless it is given, or was another than
         * GET. */
        configure({method = null, headers = null, query = null, body = null, json, form = null, timeout = null}) {
            if ((body !== null) + (json !== undefined) + (form !== null) > 1)
                throw new TypeError('a request has one body: body, json or form');
            for (const [name, value] of pairs(headers ?? {}))
                this.headers.set(name, value);
            for (const [name, value] of pairs(query ?? {}))
                this.add_query_item(name, value);
            if (body !== null) {
                this.set_body(body);
                becomePost(this);
            }
            if (json !== undefined)
                this.set_body_json(json);
            if (form !== null)
                this.set_body_form(form);
            if (method !== null)
                this.method = method;
            if (timeout !== null)
                this.timeout = timeout;
        },

        /* A text, a byte array, GLib.Bytes, or a Gio.File to send. */
        set_body(body, contentType = null) {
            if (body instanceof Gio.File)
                this.set_body_file(body, contentType);
            else
                this.set_body_bytes(toBytes(body),
                    contentType ?? (typeof body === 'string' ? 'text/plain; charset=utf-8' : null));
        },

        /* [[name, value], …] */
        get_query() {
            const items = this.dup_query_items();
            const query = [];

            for (let i = 0; i < items.length; i += 2)
                query.push([items[i], items[i + 1]]);

            return query;
        },

        /* To an object, a Map or an array of pairs. */
        set_query(items) {
            this.remove_query_items(null);
            for (const [name, value] of pairs(items))
                this.add_query_item(name, value);
        },
    });

    wrap(URLSession.Request.prototype, 'add_query_item', (add, name, value = null) =>
        add(name, value === null ? null : `${value}`));

    /* What JSON.stringify() takes, or a Json.Node. */
    wrap(URLSession.Request.prototype, 'set_body_json', function (set, value) {
        if (value instanceof Json.Node) {
            set(value);
            return;
        }
        this.set_body_bytes(toBytes(JSON.stringify(value)), 'application/json');
        becomePost(this);
    });

    /* A URLSession.FormData, or what FormData.from() takes. */
    wrap(URLSession.Request.prototype, 'set_body_form', (set, form) =>
        set(form instanceof URLSession.FormData ? form : URLSession.FormData.from(form)));

    /* ---- Streams ---- */

    /* The pieces of a Gio.InputStream, as they come: for await (const chunk of URLSession.chunks(stream)) … */
    URLSession.chunks = async function* (stream, size = READ_SIZE) {
        const read = () => new Promise((resolve, reject) => {
            stream.read_bytes_async(size, GLib.PRIORITY_DEFAULT, null, (_, result) => {
                try {
                    resolve(stream.read_bytes_finish(result));
                } catch (error) {
                    reject(error);
                }
            });
        });

        try {
            for (;;) {
                const chunk = fromBytes(await read());

                if (chunk.length === 0)
                    return;
                yield chunk;
            }
        } finally {
            stream.close(null);
        }
    };

    function join(pieces) {
        const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
        let offset = 0;

        for (const piece of pieces) {
            whole.set(piece, offset);
            offset += piece.length;
        }

        return whole;
    }

    /* The lines of a Gio.InputStream in UTF-8, without their ends. */
    URLSession.lines = async function* (stream) {
        const decoder = new TextDecoder();
        const decode = pieces => decoder.decode(join(pieces)).replace(/\r$/, '');
        let pieces = [];

        for await (const chunk of URLSession.chunks(stream)) {
            let start = 0;

            for (let end; (end = chunk.indexOf(0x0a, start)) >= 0; start = end + 1) {
                pieces.push(chunk.subarray(start, end));
                yield decode(pieces);
                pieces = [];
            }
            if (start < chunk.length)
                pieces.push(chunk.subarray(start));
        }
        if (pieces.length > 0)
            yield decode(pieces);
    };

    /* ---- Handlers of signals ---- */

    /* An asynchronous handler answers later: its promise is truthy. One that fails or ends without an answer gives the
     * default. */
    function settle(returned, decision) {
        if (!(returned instanceof Promise))
            return returned ?? false;

        returned.catch(error => {
            logError(error);
            return false;
        }).then(answersLater => {
            if (!answersLater && !decision.is_answered())
                decision.use_default();
        });

        return true;
    }

    function wrapHandler(signal, handler) {
        switch (signal) {
        case 'received-data':
            return (task, bytes) => handler(task, fromBytes(bytes));
        case 'task-received-data':
            return (session, task, bytes) => handler(session, task, fromBytes(bytes));
        default:
            if (/^(task-)?decide-/.test(signal))
                return (...args) => settle(handler(...args), args[args.length - 1]);
            return handler;
        }
    }

    for (const type of [URLSession.Session, URLSession.Task]) {
        for (const name of ['connect', 'connect_after']) {
            wrap(type.prototype, name, (connect, signal, handler) =>
                connect(signal, wrapHandler(signal, handler)));
        }
    }

    /* ---- Values ---- */

    URLSession.Headers.prototype[Symbol.iterator] = function* () {
        for (const name of this.dup_names())
            yield [name, this.get(name)];
    };

    Object.defineProperty(URLSession.TaskMetrics.prototype, 'transactions', {
        configurable: true,
        get() {
            return this.dup_transactions();
        },
    });

    Object.defineProperty(URLSession.Response.prototype, 'ok', {
        configurable: true,
        get() {
            return true;
        },
    });

    Object.defineProperty(URLSession.HttpResponse.prototype, 'ok', {
        configurable: true,
        get() {
            return this.status_code >= 200 && this.status_code < 300;
        },
    });
}
