/** Python: everything Guerdon puts into an interpreter, and the door through which each request enters. */
import { JUDGE } from './judge.py.ts'
import { SUBJECT } from './subject.py.ts'
import { WIRE } from './wire.py.ts'

/** Modules that programs commonly import, loaded before the image is taken so that importing them costs nothing. */
const PRELOADED = [
  'abc, array, ast, bisect, cmath, collections, contextlib, copy, dataclasses, datetime, decimal, enum, fractions',
  'functools, hashlib, heapq, io, itertools, json, math, numbers, operator, os, random, re, statistics, string, struct',
  'sys, textwrap, time, traceback, typing, unicodedata, collections.abc',
]

const DOOR = String.raw`
import gc, re, random, time

_role = None

def _may_cross(x):
    """The tests' side lets only functions and iterators out, and no class of its own."""
    if _role == 'judge' and not isinstance(x, (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.GeneratorType)) \
            and not hasattr(type(x), '__next__') and not (isinstance(x, type) and x.__module__ == 'builtins'):
        raise _CannotCross(f'the tests pass an object of type {type(x).__name__}, which cannot be handed to the program')

def _may_do(operation, target):
    if _role == 'judge' and operation not in ('call', 'next', 'iter', 'repr'):
        raise PermissionError(f'the program may not do {operation} on an object of the tests')

def _guerdon_serve():
    global _role
    kind, payload = _receive()
    request = _loads(payload)
    if 'units' in request:
        _role = 'subject'
        answer = _load
    elif 'tests' in request:
        _role = 'judge'
        answer = _test
    else:
        answer = _outcome
    try:
        _send(b'D', answer(request))
    except BaseException as error:
        # A late interrupt, or a value that is too large to send.
        _send(b'D', {'error': _describe(error)})
    finally:
        error = None

def _sleep(seconds, _now=time.monotonic):
    """time.sleep without the event loop that Pyodide would wait on: a loop that the sandbox's clock can interrupt."""
    if seconds < 0:
        raise ValueError('sleep length must be non-negative')
    end = _now() + seconds
    while _now() < end:
        pass

def _guerdon_scrub():
    """Leaves nothing importable that leads out: the bridge to JavaScript and Pyodide's own packages."""
    sys.meta_path[:] = [f for f in sys.meta_path if 'pyodide' not in type(f).__module__]
    for name in list(sys.modules):
        if name.split('.')[0] in ('js', 'pyodide', '_pyodide', 'pyodide_js', '_pyodide_core', 'ctypes', '_ctypes'):
            del sys.modules[name]
    for name in ('js', 'pyodide', '_pyodide', 'pyodide_js', '_pyodide_core', 'ctypes', '_ctypes', '_testcapi', '_testinternalcapi'):
        sys.modules[name] = None
    for name in ('_posixsubprocess', 'fcntl', 'mmap', 'termios', '_testbuffer', '_xxtestfuzz', '_remote_debugging'):
        sys.modules.pop(name, None)
    time.sleep = _sleep
    os.environ.clear()
    sys.path[:] = [p for p in sys.path if p.endswith('.zip')]
    sys.argv[:] = ['program']
    random.seed(0)
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, 'rb', closefd=False)), encoding='utf-8', errors='surrogateescape')
    gc.collect()
    gc.freeze()

sys.stdout = sys.__stdout__ = _stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, 'wb', closefd=False), 1 << 16), encoding='utf-8', errors='backslashreplace')
sys.stderr = sys.__stderr__ = _stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, 'wb', closefd=False)), encoding='utf-8', errors='backslashreplace', line_buffering=True)
`

/** The source of the driver, executed once as the module __main__ of a new interpreter. */
export const DRIVER = [...PRELOADED.map((names) => `import ${names}`), WIRE, SUBJECT, JUDGE, DOOR].join('\n')
