#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Debian's packages: built in a clean root from what is committed, installed in another, used, removed without a trace.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

chdir "$FindBin::RealBin/../.." or die "$!\n";
plan skip_all => 'needs root' if $>;
for my $program (qw(mmdebstrap git tar)) {
    plan skip_all => "$program is missing (package $program)" if system "command -v $program >/dev/null";
}
my ($suite) = `sed -n 's/^VERSION_CODENAME=//p' /etc/os-release` =~ /^(\w+)/;
my @sources = grep { -s } '/etc/apt/sources.list', glob '/etc/apt/sources.list.d/*.{list,sources}';
plan skip_all => 'no Debian' if !$suite || !@sources || ! -e '/etc/debian_version';

# Its mounts are its own: they end with it, however it ends, and no cleaning up behind it can reach this machine's /dev.
if (!$ENV{MOUNTS_ARE_PRIVATE}) {
    $ENV{MOUNTS_ARE_PRIVATE} = 1;
    exec 'unshare', '--mount', '--propagation', 'private', $^X, "$FindBin::RealBin/$FindBin::RealScript" or die "unshare: $!\n";
}

my $dir = tempdir('luatrace-packages.XXXXXX', TMPDIR => 1);
my ($builds, $clean) = ("$dir/builds", "$dir/clean");
my @mounted;

# Runs a command; its output, and whether it went well. What it said is shown where it did not.
sub run {
    my ($name, @command) = @_;
    my $pid = open(my $pipe, '-|') // die "fork: $!\n";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        open STDIN, '<', '/dev/null';
        exec @command or exit 127;
    }
    my @lines = <$pipe>;
    my $good = close $pipe;
    ok($good, $name) or diag @lines > 25 ? @lines[-25 .. -1] : @lines;
    return join '', @lines;
}

sub inside {
    my ($root, $name, $command) = @_;
    return run($name, 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/tmp/home', 'LC_ALL=C.UTF-8', 'DEBIAN_FRONTEND=noninteractive',
        'chroot', $root, 'sh', '-ec', $command);
}

sub mount {
    my ($kind, $root) = @_;
    my $at = "$root/$kind";
    mkdir $at;
    system('mount', '--rbind', '--make-rslave', "/$kind", $at) == 0 or die "mount $at\n";
    push @mounted, $at;
}

END {
    my $status = $?;
    system 'umount', '-R', '-l', $_ for reverse @mounted;
    system 'rm', '-rf', '--one-file-system', $dir if defined $dir;
    $? = $status;
}

sub files {
    my ($root) = @_;
    my @lines = `cd '$root' && find . -xdev -path ./proc -prune -o -path ./sys -prune -o -path ./tmp -prune -o -path ./var/cache -prune -o -path ./var/lib/dpkg -prune -o -path ./var/lib/apt -prune -o -path ./var/log -prune -o -path ./dev -prune -o -print | sort`;
    return join '', @lines;
}

my $made = `mmdebstrap --quiet --variant=minbase --skip=cleanup/apt/lists $suite '$clean' @sources 2>&1 </dev/null`;
plan skip_all => 'no clean root can be made here: ' . ((split /\n/, $made)[-1] // '') =~ s/#/\\#/gr if $?;
run('another', 'cp', '-a', $clean, $builds);
for my $root ($clean, $builds) {
    system 'cp', '-L', '/etc/resolv.conf', '/etc/hosts', "$root/etc/";
    mkdir "$root/tmp/home";
    mount('proc', $root);
    mount('sys', $root);
}
mount('dev', $clean);

# ---- built ---------------------------------------------------------------------------------------------------------

mkdir "$builds/tmp/luatrace";
run('what is committed', 'sh', '-ec', "git archive HEAD | tar -x -C '$builds/tmp/luatrace'");
inside($builds, 'what the build depends on', 'cd /tmp/luatrace && apt-get -qq -y --no-install-recommends install build-essential fakeroot && apt-get -qq -y --no-install-recommends build-dep .');
inside($builds, 'built', 'cd /tmp/luatrace && DEB_BUILD_OPTIONS="parallel=$(nproc) noautodbgsym" dpkg-buildpackage -us -uc -b');
my @packages = map { glob "$builds/tmp/${_}_*.deb" } qw(luatrace luatrace-compiler);
my ($program, $compiler) = map { (my $name = $_) =~ s{.*/}{}; $name } @packages;
is(join(' ', map { /^([^_]+)_/ } $program, $compiler), 'luatrace luatrace-compiler', 'two packages');
my $needs = `dpkg-deb -f '$packages[0]' Depends`;
unlike($needs // '', qr/llvm|clang|libstdc/i, 'luatrace has no use for LLVM');
cmp_ok(-s $packages[0], '<', 4 << 20, 'nor its size');
like(`dpkg-deb -f '$packages[1]' Depends`, qr/luatrace \(= /, 'luatrace-compiler is of the same luatrace');

# ---- installed -----------------------------------------------------------------------------------------------------

my $before = files($clean);
system 'cp', @packages, "$clean/tmp/";
system 'cp', 'build/tests/alone/tools.ltb', "$clean/tmp/" if -e 'build/tests/alone/tools.ltb';
inside($clean, 'luatrace is installed', "apt-get -qq -y --no-install-recommends install /tmp/$program");
my $said = inside($clean, 'it runs', 'luatrace --version; luatrace list; ls /usr/bin/bcc-lua /usr/libexec 2>&1 || true');
like($said, qr/^luatrace 0\..*\nopensnoop +files/s, 'and lists its tools');
unlike($said, qr/luatrace-cc/, 'there is no compiler');
$said = inside($clean, 'a script then', "luatrace opensnoop -d 1 2>&1 || true");
like($said, qr/the compiler is not installed.*luatrace-compiler/s, 'says which package has it');
SKIP: {
    skip 'no bundle was built', 2 if !-e "$clean/tmp/tools.ltb";
    $said = inside($clean, 'a bundle runs', 'luatrace -c "cat /etc/hostname /nonexistent" /tmp/tools.ltb opensnoop -n cat 2>&1 || true');
    like($said, qr/ cat +- ENOENT +\/nonexistent\n/, 'without it');
}
inside($clean, 'luatrace-compiler is installed', "apt-get -qq -y --no-install-recommends install /tmp/$compiler");
$said = inside($clean, 'a tool runs', 'luatrace -c "cat /etc/hostname /nonexistent" opensnoop -n cat 2>&1 || true');
like($said, qr/ cat +- ENOENT +\/nonexistent\n/, 'and shows what it should');
my @pages = glob "$clean/usr/share/man/man1/luatrace*.1.gz";
my @tools = grep { !/collection\.lua$/ } glob 'scripts/*.lua';
is(scalar @pages, 1 + @tools, 'manual pages of the program and of each tool');
$said = inside($clean, 'completion', 'apt-get -qq -y install bash >/dev/null; bash -c \'. /usr/share/bash-completion/completions/luatrace; COMP_LINE="luatrace opens"; COMP_POINT=${#COMP_LINE}; _luatrace luatrace opens; echo "${COMPREPLY[@]}"; COMP_LINE="luatrace funccount tracepoint:sched:sched_wakeup_n"; COMP_POINT=${#COMP_LINE}; _luatrace luatrace sched_wakeup_n; echo "${COMPREPLY[@]}"\'');
is($said, "opensnoop\nsched_wakeup_new\n", 'completion, for bash: tools and probes');
ok(-s "$clean/usr/share/zsh/vendor-completions/_luatrace", 'and for zsh');

# ---- removed -------------------------------------------------------------------------------------------------------

inside($clean, 'removed', 'apt-get -qq -y purge luatrace luatrace-compiler');
is(files($clean), $before, 'nothing is left');
done_testing;
