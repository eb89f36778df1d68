#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Guests: what happens to a case in there is told here, and nothing of a guest stays behind.
use strict;
use warnings;
use Cwd qw(getcwd);
use Fcntl qw(:flock);
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

chdir "$FindBin::RealBin/../.." or die $!;
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);    # by way of END: the planted files go
$> == 0 or plan skip_all => 'guests need root';
system('command -v qemu-system-x86_64 busybox cpio >/dev/null') == 0 && -x '/usr/lib/qemu/virtiofsd'
    or plan skip_all => 'QEMU, busybox or cpio is missing';
system('tests/vm/fetch-kernels 6.12 >/dev/null 2>&1') == 0 or plan skip_all => 'no kernel for the guest';

# Our guests' directories and processes that are still there; others may run guests at the same time.
$ENV{LUATRACE_TEST_MARK} = "guest.t-$$";

sub remains {
    my @found;
    for my $dir (glob 'build/vm/run.*') {
        open my $lock, '<', "$dir/lock" or next;
        push @found, $dir if flock $lock, LOCK_EX | LOCK_NB;
    }
    for my $process (glob '/proc/[0-9]*') {
        open my $file, '<', "$process/environ" or next;
        push @found, readlink "$process/exe" if $process ne "/proc/$$" && (<$file> // '') =~ /\0LUATRACE_TEST_MARK=\Q$ENV{LUATRACE_TEST_MARK}\E\0/;
    }
    return "@found";
}

my $output = `tests/vm/guest 6.12 -- sh -c 'uname -r; pwd; exit 7'`;
is($? >> 8, 7, "the command's exit status");
my $here = getcwd;
like($output, qr/\A6\.12\.\d+\+deb12-amd64\n\Q$here\E\n\z/, 'its output, from the current directory');

system("tests/vm/guest 6.12 --timeout 1 -- sleep 99 2>/dev/null");
is($? >> 8, 124, 'out of time');
is(remains(), '', 'out of time: nothing stays');

my $pid = fork // die $!;
if (!$pid) { exec 'tests/vm/guest', '6.12', '--', 'sleep', '99' or die $! }
sleep 2;
like(remains(), qr/qemu/, 'a guest can be seen');
kill 'INT', $pid;
waitpid $pid, 0;
is($? >> 8, 130, 'interrupted');
is(remains(), '', 'interrupted: nothing stays');

# Cases, with a shell for their interpreter. The last but one takes the kernel down.
my $dir = tempdir('planted.XXXXXX', DIR => 'build', CLEANUP => 1);
my @case = (
    'good' => "echo ok 1; echo 1..1",
    'fail' => "echo not ok 1; echo 1..1",
    'crash' => "echo ok 1; echo 1..1; kill -SEGV \$\$",
    'mute' => "true",
    'skip' => "echo '1..0 # SKIP no moon'",
    'part' => "echo ok 1; echo 'ok 2 # SKIP no sun'; echo 1..2",
    'panic' => "echo c >/proc/sysrq-trigger",
    'after' => "echo ok 1; echo 1..1",
);
my @files;
while (my ($name, $text) = splice @case, 0, 2) {
    push @files, "$dir/$name.lua";
    open my $file, '>', $files[-1] or die "$files[-1]: $!";
    print $file "$text\n";
}
$output = `LUATRACE=/bin/sh tests/vm/in-guest 6.12 @files 2>/dev/null`;
my @lines = map { s/ \S*\/(\w+)\.lua/ $1/r } grep { /^(not )?ok|^1\.\./ } split /\n/, $output;
is_deeply(\@lines, [
    'ok 1 - 6.12 good', 'not ok 2 - 6.12 fail', 'not ok 3 - 6.12 crash', 'not ok 4 - 6.12 mute', 'ok 5 - 6.12 skip # SKIP no moon',
    'ok 6 - 6.12 part', 'ok 7 - 6.12 part # SKIP no sun', 'not ok 8 - 6.12 panic: the guest ended first',
    'not ok 9 - 6.12 after: the guest ended first', '1..9',
], 'a line for each case') or diag $output;
like($output, qr/^# exit status 139\n(#.*\n)*# again: tests\/run 'tests\/vm\/k6\.12\.t:\S+crash\.lua'$/m, 'what was wrong, and how to run it again');
is(remains(), '', 'a panic: nothing stays');

done_testing;
