-- Made by docs/api/generate.lua: do not edit.
-- For the files of packs and overlays: luacheck finds misspelt names, and what the sandbox does not have.

stds.hatchway = {
  read_globals = {
    assert = {},
    error = {},
    getmetatable = {},
    ipairs = {},
    next = {},
    pairs = {},
    pcall = {},
    print = {},
    rawequal = {},
    rawget = {},
    rawlen = {},
    require = {},
    select = {},
    setmetatable = {},
    tonumber = {},
    tostring = {},
    type = {},
    xpcall = {},
    _VERSION = {},
    math = { fields = { abs = {}, acos = {}, asin = {}, atan = {}, ceil = {}, cos = {}, deg = {}, exp = {}, floor = {}, fmod = {}, huge = {}, log = {}, max = {}, maxinteger = {}, min = {}, mininteger = {}, modf = {}, pi = {}, rad = {}, random = {}, randomseed = {}, sin = {}, sqrt = {}, tan = {}, tointeger = {}, type = {}, ult = {} } },
    string = { fields = { byte = {}, char = {}, find = {}, format = {}, gmatch = {}, gsub = {}, len = {}, lower = {}, match = {}, pack = {}, packsize = {}, rep = {}, reverse = {}, sub = {}, unpack = {}, upper = {} } },
    table = { fields = { concat = {}, insert = {}, move = {}, pack = {}, remove = {}, sort = {}, unpack = {} } },
    utf8 = { fields = { char = {}, charpattern = {}, codepoint = {}, codes = {}, len = {}, offset = {} } },
    os = { fields = { date = {}, time = {} } },
    pack = {},
    tool = {},
    toolset = {},
    resource = {},
    prompt = {},
    hide = { fields = { prompt = {}, resource = {}, tool = {} } },
    wrap = { fields = { tool = {} } },
    hatchway = { fields = { all = {}, ask = {}, changed = {}, check = {}, client = {}, close_stream = {}, confirm = {}, content = {}, detach = {}, elicit = {}, fail = {}, hash = {}, log = {}, nearest = {}, progress = {}, roots = {}, sample = {}, save = {}, saved = {}, server = {}, sleep = {}, tools = {}, try = {}, updated = {}, value = {}, time = { fields = { duration = {}, format = {}, now = {}, parse = {}, relative = {} } } } },
    json = { fields = { array = {}, decode = {}, encode = {}, null = {}, object = {}, pick = {}, type = {} } },
    hatchet = { fields = { delete = {}, forward = {}, get = {}, namespace = {}, patch = {}, post = {}, push = {}, source = {}, tenant = {} } },
  },
}

stds.hatchway_spec = {
  read_globals = {
    describe = {},
    it = {},
    before_each = {},
    replay = {},
    call = {},
    read = {},
    ask = {},
    assert = { fields = { equal = {}, error_matches = {}, falsy = {}, is_false = {}, is_nil = {}, is_true = {}, matches = {}, not_equal = {}, not_nil = {}, same = {}, truthy = {} } },
  },
}

std = "hatchway"
files["**/tests/*_spec.lua"] = { std = "hatchway+hatchway_spec" }
max_line_length = false
exclude_files = { "stubs" }
