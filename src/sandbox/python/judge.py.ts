/**
 * Python: the side that holds the tests. The program is never in this interpreter; its functions are stand-ins (see
 * wire.py.ts), so builtins, assert, frames and the tests' source are out of its reach and the verdict is made here.
 *
 * Each assert of the tests counts as one test and does not stop the rest: `assert a == b` is compiled to a call that
 * keeps both values for the report. An assert inside a try statement is left as it is.
 */
export const JUDGE = String.raw`
import ast

class _CannotCross(BaseException):
    """The tests use something that cannot be handed to the program."""

class _Record:
    KEPT = 3
    def __init__(self):
        self.passed = 0
        self.total = 0
        self.failures = []
    def ok(self):
        self.total += 1
        self.passed += 1
    def fail(self, reason, text, detail):
        self.total += 1
        if len(self.failures) < self.KEPT:
            self.failures.append({'reason': reason, 'test': self.total, 'code': text, 'detail': detail})
    def raised(self, text, error):
        if isinstance(error, (_Halt, _CannotCross)):
            raise error
        reason = 'memory' if isinstance(error, MemoryError) else 'exception'
        detail = getattr(error, '_guerdon_traceback', None)
        if detail is None and isinstance(error, AssertionError):
            reason, detail = 'wrong answer', str(error) or 'the assertion does not hold'
        self.fail(reason, text, detail if detail is not None else ''.join(traceback.format_exception_only(error)))

class _Asserts:
    """What compiled asserts call."""
    def __init__(self, record):
        self.record = record
    def true(self, text, value, note=None):
        if value:
            self.record.ok()
        else:
            self.record.fail('wrong answer', text, note or f'it is {_short(value)}')
    def compare(self, text, operation, swapped, left, right, note=None):
        if _COMPARISONS[operation](left, right):
            self.record.ok()
            return
        got, expected = (right, left) if swapped else (left, right)
        if operation == 'Eq':
            detail = f'got {_short(got)}, expected {_short(expected)}'
        else:
            detail = f'left: {_short(left)}\nright: {_short(right)}'
        self.record.fail('wrong answer', text, f'{detail}\n{note}' if note else detail)
    def raised(self, text, error):
        self.record.raised(text, error)

_COMPARISONS = {
    'Eq': operator.eq, 'NotEq': operator.ne, 'Lt': operator.lt, 'LtE': operator.le, 'Gt': operator.gt, 'GtE': operator.ge,
    'Is': operator.is_, 'IsNot': operator.is_not, 'In': lambda a, b: a in b, 'NotIn': lambda a, b: a not in b,
}

class _Compiler(ast.NodeTransformer):
    def __init__(self, source):
        self.source, self.count = source, 0
    def visit_Try(self, node):
        return node
    visit_TryStar = visit_Try
    def visit_Assert(self, node):
        self.count += 1
        which = ast.Constant(ast.get_source_segment(self.source, node) or ast.unparse(node))
        test = node.test
        note = [node.msg] if isinstance(node.msg, ast.Constant) and isinstance(node.msg.value, str) else []
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            left, right = test.left, test.comparators[0]
            swapped = _calls(right) and not _calls(left)
            args = [which, ast.Constant(type(test.ops[0]).__name__), ast.Constant(swapped), left, right]
            name = 'compare'
        else:
            args, name = [which, test], 'true'
        check = ast.Expr(_call(name, args + note))
        handler = ast.ExceptHandler(
            ast.Name('__guerdon_BaseException__', ast.Load()), '__guerdon_error__',
            [ast.Expr(_call('raised', [which, ast.Name('__guerdon_error__', ast.Load())]))])
        return ast.fix_missing_locations(ast.copy_location(ast.Try([check], [handler], [], []), node))

def _call(name, args):
    return ast.Call(ast.Attribute(ast.Name('__guerdon_asserts__', ast.Load()), name, ast.Load()), args, [])

def _calls(node):
    return any(isinstance(x, ast.Call) for x in ast.walk(node))

def _names(code):
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found

_TAMPERING = {'setattr', 'delattr', 'exec', 'eval', 'globals', 'vars', '__import__', '__builtins__', 'open'}

def _clean(tree):
    """Whether code can leave nothing behind in this interpreter; after other code its memory is laid back."""
    return not any(
        isinstance(x, ast.Attribute) and not isinstance(x.ctx, ast.Load) or isinstance(x, ast.Name) and x.id in _TAMPERING
        for x in ast.walk(tree))

_known = {}

def _compiled(source, file, plain=False):
    """Code, number of asserts, names and cleanness of a piece of tests; a group of programs meets the same tests."""
    found = _known.get((source, file))
    if found is None:
        compiler = _Compiler(source)
        tree = ast.parse(source, file)
        clean = _clean(tree)
        if not plain:
            tree = compiler.visit(tree)
        code = compile(tree, file, 'exec', dont_inherit=True)
        if len(_known) > 300:
            _known.clear()
        found = _known[source, file] = (code, compiler.count, _names(code), clean)
    return found

def _test(request):
    """Runs the tests against the stand-ins of the program's names; answers counts and the first failures."""
    for table in (_exported, _export_numbers, _remotes):
        table.clear()
    random.seed(0)
    record = _Record()
    asserts = _Asserts(record)
    namespace = {'__name__': '__tests__', '__builtins__': builtins, '__guerdon_asserts__': asserts,
                 '__guerdon_BaseException__': BaseException}
    exported, entry = request['names'], request['entry']
    answer = {}
    try:
        blocks = [(source, f'<tests {n + 1}>') for n, source in enumerate(request['tests'])]
        compiled = [_compiled(source, file) for source, file in blocks]
        clean = all(entry[3] for entry in compiled)
        # Helper functions that the prompt gives are taken from the prompt, not from the program.
        if request['context']:
            code, _, _, harmless = _compiled(request['context'], '<prompt>', True)
            clean = clean and harmless
            exec(code, namespace)
            for name, value in list(namespace.items()):
                if isinstance(value, type) and value.__module__ == '__tests__':
                    del namespace[name]
    except _Halt:
        raise
    except BaseException as error:
        return {'broken': 'the tests do not compile: ' + ''.join(traceback.format_exception_only(error)).strip()}
    codec = _Codec()
    module = codec.read(exported['']) if '' in exported else None
    def bind(name):
        namespace[name] = getattr(module, name) if 'data' in exported[name] else codec.read(exported[name])
    try:
        if entry is not None:
            if entry not in exported:
                raise NameError(f"name '{entry}' is not defined by the program", name=entry)
            bind(entry)
            namespace['candidate'] = namespace[entry]
        for _, _, names, _ in compiled:
            for name in names:
                if name and name in exported and name not in namespace and not hasattr(builtins, name):
                    bind(name)
        for code, count, _, _ in compiled:
            before = record.total
            try:
                exec(code, namespace)
            except (_Halt, _CannotCross):
                raise
            except BaseException as error:
                record.raised(_failing_line(error, blocks), error)
            else:
                if record.total == before and count == 0:
                    record.ok()
    except _Halt as stop:
        answer['stopped'] = str(stop)
    except _CannotCross as error:
        answer['broken'] = str(error)
    except BaseException as error:
        record.raised('', error)
    answer.update(clean=clean, passed=record.passed, total=record.total, failures=record.failures)
    return answer

def _failing_line(error, blocks):
    """The line of the tests that raised."""
    line = ''
    sources = {file: source for source, file in blocks}
    for frame, lineno in traceback.walk_tb(error.__traceback__):
        source = sources.get(frame.f_code.co_filename)
        if source is not None:
            line = source.splitlines()[lineno - 1].strip()
    return line
`
