// What r0.c asks of a system (WASI, preview 1), on files that live in this worker's memory: no server, no network.
// Messages in: {wasm, files}, once; {id, args} runs the program with these arguments. Messages out: {id, text} of what
// it prints, {id, file, text} of the run's files as they grow, {id, code} in the end.
'use strict';
const files = new Map([['', null]]); // path -> {data, size}; null: a folder
const utf8 = new TextEncoder(), text = new TextDecoder();
const E = {badf: 8, exist: 20, inval: 28, io: 29, isdir: 31, noent: 44, nosys: 52, notdir: 54, notempty: 55};
const told = /(metrics|questions-\d+)\.jsonl$/;
let module = null;

const clean = path => path.split('/').filter(part => part && part !== '.').join('/');
const parent = path => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const below = path => [...files.keys()].filter(name => name && parent(name) === path);

function put(path, data) {
    path = clean(path);
    for (let folder = parent(path); folder && !files.has(folder); folder = parent(folder)) files.set(folder, null);
    files.set(path, {data, size: data.length});
}

function write(file, at, bytes) {
    if (at + bytes.length > file.data.length) {
        const more = new Uint8Array(Math.max(2 * file.data.length, at + bytes.length, 4096));
        more.set(file.data.subarray(0, file.size));
        file.data = more;
    }
    file.data.set(bytes, at);
    file.size = Math.max(file.size, at + bytes.length);
}

class Exit { constructor(code) { this.code = code; } }

function run(id, args) {
    const open = [{tty: true}, {tty: true}, {tty: true}, {path: ''}]; // 3: the root, given to the program
    const argv = ['r0', ...args].map(arg => utf8.encode(arg + '\0'));
    let memory = null, view = null;
    const bytes = (at, size) => new Uint8Array(memory.buffer, at, size);
    const see = () => view && view.buffer === memory.buffer ? view : (view = new DataView(memory.buffer));
    const u32 = (at, value) => see().setUint32(at, value, true);
    const u64 = (at, value) => see().setBigUint64(at, BigInt(value), true);
    const name = (fd, at, size) => clean(open[fd].path + '/' + text.decode(bytes(at, size).slice()));
    const vectors = (at, count) => Array.from({length: count}, (_, i) =>
        bytes(see().getUint32(at + 8 * i, true), see().getUint32(at + 8 * i + 4, true)));
    const show = path => {
        const file = files.get(path);
        if (file && told.test(path)) postMessage({id, file: path, text: text.decode(file.data.slice(0, file.size))});
    };
    const stat = (at, path) => {
        const file = files.get(path);
        bytes(at, 64).fill(0);
        see().setUint8(at + 16, file ? 4 : 3);
        u64(at + 24, 1), u64(at + 32, file ? file.size : 0);
        return 0;
    };
    const strings = list => ({
        sizes: (count, size) => (u32(count, list.length), u32(size, list.reduce((n, s) => n + s.length, 0)), 0),
        get: (at, to) => {
            for (const s of list) u32(at, to), bytes(to, s.length).set(s), at += 4, to += s.length;
            return 0;
        }});
    const arguments_ = strings(argv), environment = strings([]);
    const wasi = {
        args_sizes_get: arguments_.sizes, args_get: arguments_.get,
        environ_sizes_get: environment.sizes, environ_get: environment.get,
        proc_exit: code => { throw new Exit(code); },
        clock_time_get: (clock, precision, at) =>
            (u64(at, Math.round((clock ? performance.now() : Date.now()) * 1e6)), 0),
        clock_res_get: (clock, at) => (u64(at, 1000), 0),
        random_get: (at, size) => { // 65,536 bytes at a time are the most
            for (let i = 0; i < size; i += 65536) crypto.getRandomValues(bytes(at + i, Math.min(65536, size - i)));
            return 0;
        },
        sched_yield: () => 0,
        poll_oneoff: () => E.nosys,
        fd_prestat_get: (fd, at) => fd === 3 ? (u32(at, 0), u32(at + 4, 1), 0) : E.badf,
        fd_prestat_dir_name: (fd, at) => (bytes(at, 1)[0] = 47, 0),
        fd_fdstat_get: (fd, at) => {
            if (!open[fd]) return E.badf;
            bytes(at, 24).fill(0);
            see().setUint8(at, open[fd].tty ? 2 : open[fd].file ? 4 : 3);
            u64(at + 8, 0x1fffffffn), u64(at + 16, 0x1fffffffn);
            return 0;
        },
        fd_fdstat_set_flags: () => 0,
        fd_filestat_get: (fd, at) => open[fd] ? stat(at, open[fd].path) : E.badf,
        fd_filestat_set_size: (fd, size) => {
            const file = open[fd].file;
            write(file, Number(size), new Uint8Array(0));
            return file.size = Number(size), 0;
        },
        fd_sync: () => 0, fd_datasync: () => 0, fd_advise: () => 0,
        fd_close: fd => {
            const of = open[fd];
            if (!of) return E.badf;
            open[fd] = null;
            if (of.wrote) show(of.path);
            return 0;
        },
        fd_seek: (fd, offset, whence, at) => {
            const of = open[fd];
            if (!of || !of.file) return E.badf;
            of.at = Number(offset) + (whence === 1 ? of.at : whence === 2 ? of.file.size : 0);
            return u64(at, of.at), 0;
        },
        fd_tell: (fd, at) => (u64(at, open[fd].at), 0),
        fd_read: (fd, at, count, to) => {
            const of = open[fd];
            let total = 0;
            if (!of) return E.badf;
            if (!of.tty && !of.file) return E.isdir;
            for (const part of of.file ? vectors(at, count) : []) {
                const some = of.file.data.subarray(of.at, Math.min(of.file.size, of.at + part.length));
                part.set(some), of.at += some.length, total += some.length;
            }
            return u32(to, total), 0;
        },
        fd_pread: (fd, at, count, offset, to) => {
            const of = open[fd], before = of.at;
            of.at = Number(offset);
            const code = wasi.fd_read(fd, at, count, to);
            return of.at = before, code;
        },
        fd_write: (fd, at, count, to) => {
            const of = open[fd];
            let total = 0;
            if (!of) return E.badf;
            for (const part of vectors(at, count)) {
                if (of.tty) postMessage({id, text: text.decode(part.slice())});
                else {
                    if (of.append) of.at = of.file.size;
                    write(of.file, of.at, part), of.at += part.length, of.wrote = true;
                }
                total += part.length;
            }
            return u32(to, total), 0;
        },
        fd_readdir: (fd, at, size, cookie, to) => {
            let used = 0;
            for (const [i, path] of below(open[fd].path).entries()) {
                if (BigInt(i) < cookie) continue;
                const last = utf8.encode(path.slice(path.lastIndexOf('/') + 1)), entry = new Uint8Array(24 + last.length);
                const fields = new DataView(entry.buffer);
                fields.setBigUint64(0, BigInt(i + 1), true), fields.setUint32(16, last.length, true);
                fields.setUint8(20, files.get(path) ? 4 : 3), entry.set(last, 24);
                const some = entry.subarray(0, Math.min(entry.length, size - used));
                bytes(at + used, some.length).set(some), used += some.length;
                if (used === size) break;
            }
            return u32(to, used), 0;
        },
        path_open: (fd, links, at, size, flags, rights, inherited, state, to) => {
            const path = name(fd, at, size);
            if (!files.has(path)) {
                if (!(flags & 1)) return E.noent;
                if (files.get(parent(path)) !== null) return E.noent;
                files.set(path, {data: new Uint8Array(0), size: 0});
            } else if (flags & 4) return E.exist;
            const file = files.get(path);
            if (!file && flags & 1) return E.isdir;
            if (file && flags & 2) return E.notdir;
            if (file && flags & 8) file.size = 0;
            open.push({path, file, at: 0, append: state & 1});
            return u32(to, open.length - 1), 0;
        },
        path_filestat_get: (fd, links, at, size, to) => {
            const path = name(fd, at, size);
            return files.has(path) ? stat(to, path) : E.noent;
        },
        path_create_directory: (fd, at, size) => {
            const path = name(fd, at, size);
            if (files.has(path)) return E.exist;
            if (files.get(parent(path)) !== null) return E.noent;
            return files.set(path, null), 0;
        },
        path_rename: (fd, from, fromSize, other, at, size) => {
            const old = name(fd, from, fromSize), path = name(other, at, size);
            if (!files.has(old)) return E.noent;
            for (const each of [...files.keys()].filter(each => each === old || each.startsWith(old + '/')))
                files.set(path + each.slice(old.length), files.get(each)), files.delete(each);
            return show(path), 0;
        },
        path_unlink_file: (fd, at, size) => {
            const path = name(fd, at, size);
            return !files.get(path) ? files.has(path) ? E.isdir : E.noent : (files.delete(path), 0);
        },
        path_remove_directory: (fd, at, size) => {
            const path = name(fd, at, size);
            if (files.get(path) !== null) return E.notdir;
            return below(path).length ? E.notempty : (files.delete(path), 0);
        }};
    const known = new Proxy(wasi, {get: (all, key) => all[key] || (() => E.nosys)});
    const imports = {};
    for (const {module: from, name: key} of WebAssembly.Module.imports(module))
        (imports[from] = imports[from] || {})[key] = known[key];
    let code = 0;
    try {
        const instance = new WebAssembly.Instance(module, imports);
        memory = instance.exports.memory;
        instance.exports._start();
    } catch (why) {
        if (!(why instanceof Exit)) postMessage({id, text: String(why) + '\n'});
        code = why instanceof Exit ? why.code : 70;
    }
    postMessage({id, code});
}

onmessage = ({data}) => {
    if (data.wasm) {
        module = new WebAssembly.Module(data.wasm);
        for (const [path, content] of Object.entries(data.files)) put(path, content);
    } else run(data.id, data.args);
};
