# SPDX-License-Identifier: MIT
package Verdict;

# What a case's TAP amounts to, beyond tests that failed. For tests/run and for the cases run in guests.
use strict;
use warnings;

# To be called before the parser is run: gathers what `complaints` and `skips` tell.
sub watch {
    my ($parser) = @_;
    $parser->{$_} = [] for 'skip_reasons', 'not_ok';
    for my $kind ('plan', 'test') {
        $parser->callback($kind => sub { push @{ $parser->{skip_reasons} }, $_[0]->explanation // '' if $_[0]->has_skip });
    }
    # What a guest's cases say of a failure are comments below it.
    my $within;
    $parser->callback(test => sub { push @{ $parser->{not_ok} }, $_[0]->raw if $within = !$_[0]->is_ok });
    $parser->callback(comment => sub { push @{ $parser->{not_ok} }, $_[0]->raw if $within });
    # To TAP::Harness a bail-out would mean the end of the whole run.
    $parser->callback(bailout => sub { $parser->{bailed_out} = 1; $_[0]{type} = 'unknown' });
}

# Why the case can't be trusted even where no test failed.
sub complaints {
    my ($parser) = @_;
    my @wrong = map { s/\s+$//r } $parser->parse_errors;
    push @wrong, 'bailed out' if $parser->{bailed_out};
    push @wrong, 'exit status ' . $parser->exit if $parser->exit;
    push @wrong, 'killed, and its runner with it' if $parser->wait && !$parser->exit;
    my @reasons = @{ $parser->{skip_reasons} };
    push @wrong, 'skipped without a reason' if grep({ $_ eq '' } @reasons) || !(@wrong || @reasons || $parser->tests_run);
    return @wrong;
}

# Reasons of what was skipped, one a test, or one for the whole case.
sub skips { return grep { $_ ne '' } @{ $_[0]{skip_reasons} } }

# Cases, their names and their logs are not trusted with the terminal.
sub clean {
    my ($text) = @_;
    utf8::decode($text);
    $text =~ s/(?!\t)\p{C}/?/g;
    utf8::encode($text);
    return $text;
}

# The last lines of a log, fit to be shown.
sub tail {
    my ($path, $count) = @_;
    open my $file, '<', $path or return "$path: $!";
    my @lines = map { s/\s+$//r } <$file>;
    return map clean($_), @lines > $count ? @lines[-$count .. -1] : @lines;
}

1;
