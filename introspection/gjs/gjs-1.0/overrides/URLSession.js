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
const System = imports.system;

/* The collector does not see what lies outside of its own heap, as the bytes of a body do: it is called after so many
 * of them. */
const COLLECT_EVERY = 32 * 1024 * 1024;

/* Bytes that one read of a body asks for. */
const READ_SIZE = 64 * 1024;

function _init() {
    const URLSession = this;
    let bytesSinceCollection = 0;

    function toArray(bytes) {
        bytesSinceCollection += bytes.length;
        if (bytesSinceCollection >= COLLECT_EVERY) {
            bytesSinceCollection = 0;
            System.gc();
        }

        return bytes;
    }

    /* get_size() and get_data() leave the bytes behind for good in GJS 1.74; toArray() does not. */
    const fromBytes = bytes => toArray(bytes.toArray());

    function toRequest(request) {
        if (request instanceof URLSession.Request)
            return request;
        if (request instanceof GLib.Uri)
            return URLSession.Request.new_for_uri(request);
        return URLSession.Request.new(request);
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

    promisify(URLSession.Session, ['data', 'open', 'download', 'json', 'reset', 'flush']);
    promisify(URLSession.CredentialStorage, ['get_credential', 'flush']);
    promisify(URLSession.DataTask, ['load', 'open']);
    promisify(URLSession.DownloadTask, ['save', 'cancel_by_producing_resume_data']);

    Object.assign(URLSession.Session.prototype, {
        /* [Uint8Array, URLSession.Response] */
        async data(request, cancellable = null) {
            const [bytes, response] = await this.data_async(toRequest(request), cancellable);

            return [fromBytes(bytes), response];
        },

        /* [what JSON.parse() makes of it, URLSession.Response] */
        async json(request, cancellable = null) {
            const [data, response] = await this.data(request, cancellable);

            try {
                return [JSON.parse(new TextDecoder().decode(data)), response];
            } catch (error) {
                throw new GLib.Error(URLSession.error_quark(), URLSession.Error.CANNOT_PARSE_JSON,
                    `The body is not valid JSON: ${error.message}`);
            }
        },

        /* [Gio.InputStream, URLSession.Response]; see URLSession.lines() and URLSession.chunks() */
        open(request, cancellable = null) {
            return this.open_async(toRequest(request), cancellable);
        },

        /* [Gio.File, URLSession.Response] */
        download(request, destination = null, cancellable = null) {
            return this.download_async(toRequest(request), toFile(destination), cancellable);
        },

        reset(cancellable = null) {
            return this.reset_async(cancellable);
        },

        flush(cancellable = null) {
            return this.flush_async(cancellable);
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

    wrap(URLSession.Session.prototype, 'create_data_task', (create, request) => create(toRequest(request)));
    wrap(URLSession.Session.prototype, 'create_download_task', (create, request) => create(toRequest(request)));
    wrap(URLSession.Session.prototype, 'resume_download_task', (resume, data, request = null) =>
        resume(data instanceof GLib.Bytes ? data : new GLib.Bytes(data), request === null ? null : toRequest(request)));

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
