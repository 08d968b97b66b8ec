/**
 * Python: the side that runs the program. It compiles and executes the source in a fresh module and afterwards does
 * what the tests' side asks of the program's functions. Nothing of the tests is ever in this interpreter.
 */
export const SUBJECT = String.raw`
import linecache, traceback

_TracebackException, _walk_tb = traceback.TracebackException, traceback.walk_tb
_MAX_FRAMES = 40
_OURS = '<guerdon>'

def _traceback(error):
    """The text Python would print, without the sandbox's own frames and without endless repetition."""
    if _role == 'judge':
        return ''
    try:
        tb = error.__traceback__
        while tb is not None and tb.tb_frame.f_code.co_filename == _OURS:
            tb = tb.tb_next
        depth = 0
        for _ in _walk_tb(tb):
            depth += 1
        if depth > _MAX_FRAMES:
            lines = _TracebackException(type(error), error, tb, limit=-_MAX_FRAMES, compact=True).format()
            text = ''.join(lines).replace('\n', f'\n  ... {depth - _MAX_FRAMES} more calls above ...\n', 1)
        else:
            text = ''.join(_TracebackException(type(error), error, tb, compact=True).format())
        return text if len(text) <= 6000 else f'{text[:3000]}\n  ...\n{text[-3000:]}'
    except BaseException:
        return type(error).__name__

def _load(request):
    """Executes the program's units in one fresh module; answers its functions and classes by name."""
    name = request['module']
    module = types.ModuleType(name)
    namespace = module.__dict__
    namespace['__builtins__'] = builtins
    sys.modules[name] = module
    try:
        for unit in request['units']:
            source, file = unit['source'], unit['file']
            linecache.cache[file] = (len(source), None, source.splitlines(True), file)
            try:
                code = compile(source, file, 'exec', dont_inherit=True)
            except SyntaxError:
                if unit.get('optional'):
                    continue
                raise
            exec(code, namespace)
    except SystemExit as stop:
        _flush()
        if request['module'] != '__main__' or stop.code not in (None, 0):
            return {'error': _describe(stop)}
    except BaseException as error:
        _flush()
        return {'error': _describe(error)}
    finally:
        sys.modules['__main__'] = _main
    _flush()
    names = {}
    if request['module'] != '__main__':
        codec = _Codec()
        for key, value in list(namespace.items()):
            if type(key) is str and not key.startswith('__') and not isinstance(value, types.ModuleType):
                try:
                    names[key] = codec.write(value) if callable(value) else {'data': True}
                except BaseException:
                    pass
        names[''] = _export(module)
    return {'names': names}

_main = sys.modules['__main__']
_stdout, _stderr = sys.stdout, sys.stderr

def _flush():
    """Too much output, or a stream that the program broke, is known to the owner already."""
    for stream in (sys.stdout, _stdout, _stderr):
        try:
            stream.flush()
        except BaseException:
            pass
`
