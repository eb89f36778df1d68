#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Run the fuzz targets that `make fuzz-targets` built: their seeds, then new inputs for $FUZZ_SECONDS each (10).
# $FUZZ_TARGET: only this one. What new inputs reached is kept in build/fuzz/corpus and begun with the next time.
use strict;
use warnings;
use File::Path qw(make_path);
use FindBin;
use Test::More;

my $built = 'build/fuzz';
my $seconds = $ENV{FUZZ_SECONDS} || 10;
chdir "$FindBin::RealBin/../.." or die "$!\n";
my @targets = map { m{([^/]+)\.c$} } sort glob 'tests/fuzz/*.c';
if (my $only = $ENV{FUZZ_TARGET}) {
    @targets = grep { $_ eq $only } @targets or die "no fuzz target '$only' in tests/fuzz\n";
}
$ENV{UBSAN_OPTIONS} = 'print_stacktrace=1';

# Runs the target and returns its output and how many inputs it ran; a failed one tells how to do it again.
sub run_target {
    my ($target, $what, @arguments) = @_;
    # luatrace-cc leaves its memory to the end of the process; the target gives it back. LLVM allocates a lot, and where
    # is not of interest.
    local $ENV{ASAN_OPTIONS} = $target eq 'cc_lower' ? 'detect_leaks=0:malloc_context_size=2:quarantine_size_mb=16'
        : $target =~ /^cc_/ ? 'detect_leaks=0' : 'detect_leaks=1';
    open my $pipe, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', "$built/$target", "-artifact_prefix=$built/crash-$target-",
        '-timeout=20', '-rss_limit_mb=3000', @arguments or die "$built/$target: $!\n";
    my @lines = <$pipe>;
    my $good = close $pipe;
    my $output = join '', @lines;
    ok($good, "$target: $what") or do {
        diag join '', @lines > 60 ? @lines[-60 .. -1] : @lines;
        my ($input) = $output =~ /Test unit written to (\S+)/;
        ($input) = $output =~ /.*^Running: (\S+)/ms if !$input;
        diag "again: $built/$target $input" if $input;
        diag 'once mended, keep that input under tests/fuzz/seeds/' . $target if $input;
    };
    return $output;
}

for my $target (@targets) {
    my @seeds = glob "tests/fuzz/seeds/$target/*";
    my $corpus = "$built/corpus/$target";
    my $output;

    cmp_ok(scalar @seeds, '>', 0, "$target: has seeds");
    run_target($target, scalar(@seeds) . ' seeds', @seeds);
    make_path($corpus);
    # A program is slow to lower: better a whole one at once than many that begin small.
    my @sizes = $target eq 'cc_lower' ? ('-max_len=400', '-len_control=0') : $target eq 'relocate' ? '-max_len=40000' : '-max_len=4096';
    $output = run_target($target, "new inputs for $seconds s", "-max_total_time=$seconds", @sizes, $corpus,
        "tests/fuzz/seeds/$target");
    my ($runs) = $output =~ /^Done (\d+) runs/m;
    my ($coverage) = $output =~ /.*cov: (\d+)/s;
    cmp_ok($runs // 0, '>', 100, "$target: ran inputs");
    note "$target: ", $runs // 0, ' runs, ', $coverage // 0, ' edges covered';
}
done_testing;
