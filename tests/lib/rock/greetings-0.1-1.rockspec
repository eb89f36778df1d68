-- A collection as a rock; see docs/collections.md. `luarocks make` builds and installs it.
rockspec_format = "3.0"
package = "greetings"
version = "0.1-1"
source = { url = "git+https://luatrace.invalid/greetings" }
description = { summary = "A sample collection", license = "MIT" }
dependencies = { "lua == 5.1" }
build = { type = "builtin", modules = {}, copy_directories = { "greetings" } }
