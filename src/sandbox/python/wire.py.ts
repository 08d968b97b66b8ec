/**
 * Python: how values cross between the interpreter that holds the tests and the one that holds the program. Plain data
 * (None, bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range, Decimal, Fraction, date, time
 * and collections' kin) is written out and built anew on the other side from exact built-in types, so a subclass with a
 * lying `__eq__` arrives as what it holds. Sharing, cycles and changes to mutable arguments are kept: every mutable
 * container has a number, the order in which both sides first meet it. Anything else stays where it is and crosses as
 * a `Remote`, a stand-in that sends each operation back.
 *
 * A Remote of the program's own class never equals, orders against or contains plain data: only data equals data, so a
 * program cannot answer a test with an object that agrees with everything.
 */
export const WIRE = `
import sys, os, io, builtins, types, json, operator, collections, decimal, fractions, datetime
import struct as _struct

class _Codec:
    """Writes values of one message, or reads them; self.objects numbers the mutable containers."""

    def __init__(self, objects=()):
        self.objects = list(objects)
        self.numbers = {id(x): n for n, x in enumerate(self.objects)}

    def write(self, x):
        kind = type(x)
        if x is None or kind is bool or kind is str or kind is float:
            return x
        if kind is int:
            return x if -_BIG < x < _BIG else {'int': hex(x)}
        if kind is Remote:
            return {'yours': _id_of(x)}
        if kind in _MUTABLE:
            number = self.numbers.get(id(x))
            if number is not None:
                return {'ref': number}
            self.numbers[id(x)] = len(self.objects)
            self.objects.append(x)
            return self.content(x)
        if kind is tuple:
            return {'tuple': [self.write(v) for v in x]}
        if kind is bytes:
            return {'bytes': x.hex()}
        if kind is complex:
            return {'complex': [x.real, x.imag]}
        if kind is frozenset:
            return {'frozenset': [self.write(v) for v in x]}
        if kind is range:
            return {'range': [self.write(x.start), self.write(x.stop), self.write(x.step)]}
        if kind is decimal.Decimal:
            return {'decimal': str(x)}
        if kind is fractions.Fraction:
            return {'fraction': [hex(x.numerator), hex(x.denominator)]}
        if kind is datetime.datetime and x.tzinfo is None:
            return {'datetime': [x.year, x.month, x.day, x.hour, x.minute, x.second, x.microsecond]}
        if kind is datetime.date:
            return {'date': [x.year, x.month, x.day]}
        if kind is datetime.timedelta:
            return {'timedelta': [x.days, x.seconds, x.microseconds]}
        for base in _BASES:
            if isinstance(x, base):
                return self.write(_plain(x, base))
        return _export(x)

    def content(self, x):
        kind = type(x)
        if kind is list:
            kinds = set(map(type, x))
            if kinds <= _SIMPLE and (int not in kinds or all(-_BIG < v < _BIG for v in x if type(v) is int)):
                return x
            return [self.write(v) for v in x]
        if kind is set:
            return {'set': [self.write(v) for v in x]}
        if kind is bytearray:
            return {'bytearray': x.hex()}
        if kind is collections.deque:
            return {'deque': [[self.write(v) for v in x], x.maxlen]}
        pairs = [[self.write(k), self.write(v)] for k, v in dict.items(x)]
        if kind is dict:
            return {'dict': pairs}
        factory = getattr(x, 'default_factory', None)
        return {kind.__name__: pairs, 'factory': factory.__name__ if factory in _FACTORIES.values() else None}

    def read(self, j):
        kind = type(j)
        if kind is list:
            x = []
            self.objects.append(x)
            x.extend(map(self.read, j))
            return x
        if kind is not dict:
            return j
        tag, value = next(iter(j.items()))
        if tag in _EMPTY:
            x = _EMPTY[tag](j)
            self.objects.append(x)
            self.fill(x, j)
            return x
        if tag == 'tuple':
            return tuple(map(self.read, value))
        if tag == 'ref':
            return self.objects[value]
        if tag == 'yours':
            return _exported[value]
        if tag == 'remote':
            return _remote(j)
        if tag == 'frozenset':
            return frozenset(map(self.read, value))
        if tag == 'range':
            return range(*map(self.read, value))
        return _READ[tag](value)

    def fill(self, x, j):
        """Puts the written content j into the container x, whose old content is gone."""
        kind = type(x)
        if kind is list:
            x[:] = map(self.read, j)
            return
        value = next(iter(j.values()))
        if kind is bytearray:
            x[:] = bytes.fromhex(value)
            return
        x.clear()
        if kind is set:
            x.update(map(self.read, value))
        elif kind is collections.deque:
            x.extend(map(self.read, value[0]))
        else:
            for k, v in value:
                dict.__setitem__(x, self.read(k), self.read(v))

_BIG = 1 << 53
_SIMPLE = {int, float, str, bool, type(None)}
_MUTABLE = {list, dict, set, bytearray, collections.deque, collections.OrderedDict, collections.Counter, collections.defaultdict}
_BASES = (bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset, bytearray)
_FACTORIES = {f.__name__: f for f in (int, float, str, bool, list, dict, set, tuple)}
_EMPTY = {
    'dict': lambda j: {},
    'set': lambda j: set(),
    'bytearray': lambda j: bytearray(),
    'deque': lambda j: collections.deque(maxlen=j['deque'][1]),
    'OrderedDict': lambda j: collections.OrderedDict(),
    'Counter': lambda j: collections.Counter(),
    'defaultdict': lambda j: collections.defaultdict(_FACTORIES.get(j['factory'])),
}
_READ = {
    'int': lambda v: int(v, 16),
    'bytes': bytes.fromhex,
    'complex': lambda v: complex(*v),
    'decimal': decimal.Decimal,
    'fraction': lambda v: fractions.Fraction(int(v[0], 16), int(v[1], 16)),
    'datetime': lambda v: datetime.datetime(*v),
    'date': lambda v: datetime.date(*v),
    'timedelta': lambda v: datetime.timedelta(*v),
}

def _plain(x, base):
    """What an instance of a subclass of a built-in type holds, whatever its own methods say."""
    if base is tuple or base is list or base is set or base is frozenset:
        return base(base.__iter__(x))
    if base is dict:
        return dict(zip(dict.keys(x), dict.values(x)))
    if base is str:
        return str.__str__(x) if type(str.__str__(x)) is str else ''.join(str.__iter__(x))
    if base is int:
        return int.__add__(x, 0)
    if base is float:
        return float.__add__(x, 0.0)
    if base is complex:
        return complex.__add__(x, 0j)
    return base.__getitem__(x, slice(None))

# ---- objects that stay where they are ----

_exported = []
_export_numbers = {}
_remotes = {}

def _export(x):
    number = _export_numbers.get(id(x))
    if number is None:
        _may_cross(x)
        number = _export_numbers[id(x)] = len(_exported)
        _exported.append(x)
    known = {'remote': number, 'name': getattr(x, '__name__', type(x).__name__)}
    if isinstance(x, type) and issubclass(x, BaseException):
        known['error'] = next(c.__name__ for c in x.__mro__ if c.__module__ == 'builtins')
    return known

def _remote(j):
    number = j['remote']
    found = _remotes.get(number)
    if found is None:
        if 'error' in j:
            found = type(str(j['name']), (_builtin_error(j['error']),), {'_guerdon_remote': number})
        else:
            found = _new_remote(number, str(j['name']))
        _remotes[number] = found
    return found

def _builtin_error(name):
    found = getattr(builtins, str(name), None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else Exception

class Remote:
    """A stand-in for an object on the other side."""
    __slots__ = ('_guerdon_id', '_guerdon_name')

    def __call__(self, *args, **kwargs):
        return _ask('call', _id_of(self), args, kwargs)
    def __getattr__(self, name):
        if name.startswith('__') and name not in ('__name__', '__doc__', '__dict__'):
            raise AttributeError(name)
        return _ask('getattr', _id_of(self), (name,))
    def __setattr__(self, name, value):
        _ask('setattr', _id_of(self), (name, value))
    def __instancecheck__(self, x):
        return type(x) is Remote and _ask('isinstance', _id_of(self), (x,)) is True
    def __eq__(self, other):
        return self is other or (type(other) is Remote and _ask('eq', _id_of(self), (other,)) is True)
    def __ne__(self, other):
        return not self == other
    def __hash__(self):
        return _id_of(self)
    def __contains__(self, item):
        return any(item is x or item == x for x in self)
    def __repr__(self):
        return str(_ask('repr', _id_of(self), ()))

_id_of = Remote._guerdon_id.__get__
_set_id = Remote._guerdon_id.__set__
_set_name = Remote._guerdon_name.__set__

def _new_remote(number, name):
    x = object.__new__(Remote)
    _set_id(x, number)
    _set_name(x, name)
    return x

def _order(name, symbol):
    def method(self, other):
        if type(other) is not Remote:
            raise TypeError(f"'{symbol}' between an object of the program's own class and plain data is not decided by the program")
        return _ask(name, _id_of(self), (other,)) is True
    return method

for _name, _symbol in (('lt', '<'), ('le', '<='), ('gt', '>'), ('ge', '>=')):
    setattr(Remote, f'__{_name}__', _order(_name, _symbol))

def _forward(name):
    return lambda self, *args: _ask(name, _id_of(self), args)

_UNARY = ('len', 'iter', 'next', 'reversed', 'str', 'bool', 'abs', 'neg', 'pos', 'invert', 'int', 'float', 'index', 'round', 'enter', 'exit')
_BINARY = ('add', 'sub', 'mul', 'truediv', 'floordiv', 'mod', 'pow', 'matmul', 'lshift', 'rshift', 'and', 'or', 'xor')
for _name in _UNARY + _BINARY + ('getitem', 'setitem', 'delitem'):
    setattr(Remote, f'__{_name}__', _forward(_name))
for _name in _BINARY:
    setattr(Remote, f'__r{_name}__', _forward('r' + _name))

_OPERATIONS = {
    'call': lambda x, *args, **kwargs: x(*args, **kwargs),
    'getattr': getattr, 'setattr': setattr, 'isinstance': lambda cls, x: isinstance(x, cls),
    'eq': operator.eq, 'lt': operator.lt, 'le': operator.le, 'gt': operator.gt, 'ge': operator.ge, 'repr': repr,
    'len': len, 'iter': iter, 'next': next, 'reversed': reversed, 'str': str, 'bool': bool, 'abs': abs,
    'neg': operator.neg, 'pos': operator.pos, 'invert': operator.invert, 'int': int, 'float': float,
    'index': operator.index, 'round': round,
    'enter': lambda x: type(x).__enter__(x), 'exit': lambda x, *args: type(x).__exit__(x, *args),
    'getitem': operator.getitem, 'setitem': operator.setitem, 'delitem': operator.delitem,
}
for _name in _BINARY:
    _f = getattr(operator, _name + '_' if _name in ('and', 'or') else _name)
    _OPERATIONS[_name] = _f
    _OPERATIONS['r' + _name] = lambda x, y, f=_f: f(y, x)

# ---- the conversation ----

_WIRE = 3
_MAX_FRAME = 16 << 20
_read, _write, _unpack = os.read, os.write, _struct.unpack
_dumps, _loads = json.JSONEncoder(separators=(',', ':')).encode, json.JSONDecoder().decode

class _Halt(BaseException):
    """The owner has decided; the rest of the test is not run."""

def _receive():
    kind, length = _unpack('<BI', _read(_WIRE, 5))
    return kind, (_read(_WIRE, length).decode() if length else '')

def _send(kind, value):
    payload = _dumps(value).encode()
    if len(payload) > _MAX_FRAME:
        raise OverflowError(f'a value of {len(payload)} bytes is too large to cross')
    _write(_WIRE, kind + payload)

def _ask(operation, number, args, kwargs=None):
    """Has the other side do an operation on its object, serving its questions meanwhile."""
    codec = _Codec()
    message = {'op': operation, 'on': number, 'args': codec.write(args), 'kwargs': codec.write(kwargs or {})}
    _send(b'R', message)
    while True:
        kind, payload = _receive()
        if kind == 82:
            _answer(_loads(payload))
            continue
        reply = _loads(payload)
        if 'stop' in reply:
            raise _Halt(reply['stop'])
        for number, content in reply.get('changed', ()):
            codec.fill(codec.objects[number], content)
        if 'error' in reply:
            raise _error_of(reply['error'], codec)
        return codec.read(reply['value'])

def _answer(request):
    """Does what the other side asks and sends the outcome."""
    _send(b'D', _outcome(request))

def _outcome(request):
    codec = _Codec()
    try:
        target = _exported[request['on']]
        operation = request['op']
        _may_do(operation, target)
        args = codec.read(request['args'])
        kwargs = codec.read(request['kwargs'])
        before = [(x, _flat(x)) for x in codec.objects]
        try:
            reply = {'value': None}
            value = _OPERATIONS[operation](target, *args, **kwargs)
        except _Halt:
            raise
        except BaseException as error:
            reply = {'error': _describe(error)}
        codec.numbers = {id(x): n for n, x in enumerate(codec.objects)}
        changed = [(n, codec.content(x)) for n, (x, old) in enumerate(before) if not _same(_flat(x), old)]
        if changed:
            reply['changed'] = changed
        if 'error' not in reply:
            reply['value'] = codec.write(value)
        return reply
    except _Halt:
        raise
    except BaseException as error:
        return {'error': _describe(error)}

def _flat(x):
    if isinstance(x, dict):
        return [y for pair in dict.items(x) for y in pair]
    return list(x)

def _same(a, b):
    return len(a) == len(b) and all(map(operator.is_, a, b))

def _describe(error):
    kind = type(error)
    args = [a if type(a) in _SIMPLE and not (type(a) is int and abs(a) >= _BIG) else _short(a) for a in error.args]
    known = _export_numbers.get(id(kind))
    return {
        'type': next(c.__name__ for c in kind.__mro__ if c.__module__ == 'builtins'),
        'name': kind.__name__, 'args': args, 'class': known, 'traceback': _traceback(error),
    }

def _short(x, limit=400):
    """A text for an object, never long and never failing."""
    try:
        text = repr(x)
    except BaseException as error:
        text = f'<{type(x).__name__} whose repr raised {type(error).__name__}>'
    return text if len(text) <= limit else f'{text[: limit // 2]} ... {text[-limit // 2 :]}'

def _error_of(described, codec):
    cls = _remotes.get(described['class'])
    if not (isinstance(cls, type) and issubclass(cls, BaseException)):
        base = _builtin_error(described['type'])
        name = str(described['name'])
        cls = base if base.__name__ == name else type(name, (base,), {})
    args = tuple(described['args'])
    error = cls.__new__(cls, *args)
    error.args = args
    error._guerdon_traceback = str(described['traceback'])
    return error
`
