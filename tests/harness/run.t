#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# tests/run itself: what has to fail it does, and what it says of it.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

my $top = "$FindBin::RealBin/../..";
my $dir = tempdir(CLEANUP => 1);

# Plant cases (name => shell text, or Lua for names in .lua), run them, and return the output and the exit status.
sub planted {
    my (%case) = @_;
    my $here = tempdir(DIR => $dir);
    for my $name (keys %case) {
        open my $file, '>', "$here/$name" or die "$here/$name: $!";
        print $file $name =~ /\.t$/ ? "#!/bin/sh\n" : '', $case{$name};
        close $file;
        chmod 0755, "$here/$name";
    }
    my $output = `'$top/tests/run' --limit 2 --logs '$here/logs' '$here' 2>&1`;
    return ($output, $? >> 8, $here);
}

sub fails {
    my ($name, $text, $says, $last) = @_;
    my ($output, $status) = planted('good.t' => "echo ok 1; echo 1..1\n", 'planted.t' => $text);
    my ($case) = $output =~ /^FAILED  \S*\/planted\.t: (.*) \(/m;
    ok($status != 0 && defined $case, "$name: fails");
    like($case // '', $says, "$name: says why");
    like($output, qr/^    log: .*^    again: tests\/run '\S+planted\.t'$/ms, "$name: says where the log is, and how to run it again");
    like($output, $last, "$name: is counted") or diag $output;
}

my ($output, $status, $here) = planted('a.t' => "echo 1..2; echo ok 1; echo ok 2\n", 'b.t' => "echo ok; echo 1..1\n");
is($status, 0, 'cases that pass: exit status 0');
like($output, qr/\n3 passed, 0 failed\n\z/, 'cases that pass: counted');
is(() = $output =~ /^ok      \S+\.t: \d passed \(\d+\.\d s\)$/mg, 2, 'cases that pass: a line each');
ok(-s "$here/logs$here/a.t.log", 'a log for each case');

fails('a test that fails', "echo ok 1; echo not ok 2; echo 1..2\n", qr/^1 passed, 1 failed$/, qr/\n2 passed, 1 failed\n\z/);
fails('a crash', "echo ok 1; echo 1..1; kill -SEGV \$\$\n", qr/exit status 139/, qr/\n2 passed, 1 failed\n\z/);
fails('an exit status', "echo ok 1; echo 1..1; exit 3\n", qr/exit status 3/, qr/\n2 passed, 1 failed\n\z/);
fails('a runner killed', "echo 1..1; echo ok 1; kill -KILL \$PPID\n", qr/killed/, qr/, 1 failed\n\z/);
fails('no plan', "echo ok 1\n", qr/No plan found/, qr/\n2 passed, 1 failed\n\z/);
fails('fewer tests than planned', "echo 1..3; echo ok 1\n", qr/planned 3 tests but ran 1/, qr/\n2 passed, 1 failed\n\z/);
fails('no TAP', "echo hello\n", qr/No plan found/, qr/\n1 passed, 1 failed\n\z/);
fails('nothing', "exit 0\n", qr/No plan found/, qr/\n1 passed, 1 failed\n\z/);
fails('a plan of none', "echo 1..0\n", qr/skipped without a reason/, qr/, 1 failed/);
fails('a skip without a reason', "echo '1..0 # SKIP'\n", qr/skipped without a reason/, qr/, 1 failed/);
fails('a test skipped without a reason', "echo 'ok 1 # SKIP'; echo ok 2; echo 1..2\n", qr/skipped without a reason/, qr/, 1 failed/);
fails('a bail-out', "echo 1..1; echo ok 1; echo 'Bail out! enough'\n", qr/bailed out/, qr/\n2 passed, 1 failed\n\z/);
fails('a process left behind', "setsid sleep 4321 & echo ok 1; echo 1..1\n", qr/exit status 123/, qr/left running: sleep/);
fails('no end', "echo 1..1; echo ok 1; sleep 4322 & setsid sleep 4323\n", qr/exit status 124/, qr/timed out after 2 s/);
is(`ps -eo args | grep -x 'sleep 432[123]'`, '', 'no process of a case outlives it');

($output) = planted('a.t' => "echo not ok 1 - first; echo '# got: moon'; for i in \$(seq 2 99); do echo ok \$i; done; echo 1..99\n");
like($output, qr/^    not ok 1 - first\n    # got: moon$/m, 'a test that fails is named, with what was said of it, however long the log');

($output, $status) = planted('a.t' => "echo '1..0 # SKIP no moon'\n", 'b.t' => "echo 'ok 1 # SKIP no sun'; echo 1..1\n");
isnt($status, 0, 'everything skipped: fails');
like($output, qr/^skipped: \S+a\.t: no moon\nskipped: \S+b\.t: no sun$/m, 'everything skipped: with the reasons');
like($output, qr/\n0 passed, 0 failed, 2 skipped\n\z/, 'everything skipped: counted');

($output, $status) = planted('a.t' => "echo 'ok 1 # SKIP no moon'; echo ok 2; echo 1..2\n");
is($status, 0, 'one test skipped: passes');
like($output, qr/\n1 passed, 0 failed, 1 skipped\n\z/, 'one test skipped: counted');

($output, $status) = planted();
isnt($status, 0, 'no case: fails');
like($output, qr/\n0 passed, 0 failed\n\z/, 'no case: counted');
isnt(system("'$top/tests/run' '$dir/nosuch.t' --logs '$dir' >/dev/null 2>&1"), 0, 'a case that does not exist: fails');
isnt(system("'$top/tests/run' --nosuch >/dev/null 2>&1"), 0, 'an option that does not exist: fails');

($output) = planted('a.t' => "printf 'not ok 1 - \\033[31mred\\r\\302\\233m\\n1..1\\n'\n");
like($output, qr/^    \| not ok 1 - \?\[31mred/m, 'logs are shown without control characters');
unlike($output, qr/[^\n\t\x20-\x7e]/, 'not one of them');

SKIP: {
    my $lua = (grep { -x } "$top/build/luatrace", '/usr/bin/luajit')[0] or skip 'neither build/luatrace nor luajit', 6;
    local $ENV{LUATRACE} = $lua;
    ($output, $status) = planted('a.lua' => <<'LUA');
        local t = require "tap"
        local sh = require "sh"
        t.ok(true, "a name # with a sign")
        t.eq("a", "a", "eq")
        t.like("abc", "^a.c$", "like")
        t.raises(function() error { message = "no such thing" } end, "^no such", "raises an object")
        local status, out, err = sh.run("echo out; echo err >&2; exit 5")
        t.eq(status .. out .. err, "5out\nerr\n", "sh.run")
        t.skip("no moon")
        t.done()
LUA
    is($status, 0, 'tap.lua: passes') or diag $output;
    like($output, qr/\n5 passed, 0 failed, 1 skipped\n\z/, 'tap.lua: counted');
    ($output, $status) = planted('a.lua' => <<'LUA');
        local t = require "tap"
        t.ok(nil, "ok")
        t.eq(1, "1", "eq")
        t.like(nil, "b", "like")
        t.raises(function() end, "", "raises")
        t.raises(function() error("other") end, "this", "raises")
        t.done()
LUA
    isnt($status, 0, 'tap.lua: fails');
    like($output, qr/\n0 passed, 5 failed\n\z/, 'tap.lua: every kind of test can fail');
    like($output, qr/#   at \S+a\.lua:3$/m, 'tap.lua: says where');
    ($output) = planted('a.lua' => 'local t = require "tap" t.ok(true, "fine")');
    like($output, qr/No plan found.*\n1 passed, 1 failed\n\z/s, 'tap.lua: t.done() forgotten');
}

done_testing;
