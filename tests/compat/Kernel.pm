# SPDX-License-Identifier: MIT
package Kernel;

# What a kernel has, read from its BTF, tracefs and configuration by other code than luatrace's: proofs for exceptions.
use strict;
use warnings;

sub content {
    my ($path) = @_;
    open my $file, '<:raw', $path or return '';
    local $/;
    return <$file> // '';
}

# FOLDER: of a guest's kernel (tests/vm/fetch-kernels, tests/compat/describe), or undef: the running one.
# TAKEN: whether the kernel loaded a plain program of each kind.
sub new {
    my ($class, $folder, $taken) = @_;
    my $description = $folder ? "$folder/description" : undef;
    my $self = bless { taken => $taken, types => {}, functions => {} }, $class;
    $self->{events} = $description ? "$description/tracing/events" : '/sys/kernel/tracing/events';
    $self->{config} = $folder ? content("$folder/config") : `zcat /proc/config.gz 2>/dev/null || cat /boot/config-\$(uname -r) 2>/dev/null`;
    my @btf = glob(($description ? "$description/btf" : '/sys/kernel/btf') . '/*');
    $self->read_btf($_, content((grep { m{/vmlinux$} } @btf)[0])) for @btf;
    return $self;
}

# Names of structs, unions and functions, and STRUCT.MEMBER. A module's BTF goes on where vmlinux's ends.
# Layout: https://docs.kernel.org/bpf/btf.html
sub read_btf {
    my ($self, $path, $base) = @_;
    my $data = content($path);
    my ($header, $types_at, $types_size, $strings_at, $strings_size) = unpack 'x4 VVVVV', $data;
    my $strings = substr $data, $header + $strings_at, $strings_size;
    if ($path !~ m{/vmlinux$}) {
        my ($h, undef, undef, $at, $size) = unpack 'x4 VVVVV', $base;
        $strings = substr($base, $h + $at, $size) . $strings;
    }
    my ($at, $end) = ($header + $types_at, $header + $types_at + $types_size);
    # Bytes that follow a type of each kind, and for each of its elements
    my %tail = (1 => [4, 0], 3 => [12, 0], 4 => [0, 12], 5 => [0, 12], 6 => [0, 8], 13 => [0, 8], 14 => [4, 0],
        15 => [0, 12], 17 => [4, 0], 19 => [0, 12]);
    while ($at < $end) {
        my ($name_at, $info) = unpack 'VV', substr $data, $at, 8;
        my ($kind, $count) = ($info >> 24 & 0x1f, $info & 0xffff);
        my $name = unpack 'Z*', substr $strings, $name_at, 128;
        my $tail = $tail{$kind} // [0, 0];
        if ($kind == 12) {
            $self->{functions}{$name} = 1;
        } elsif (($kind == 4 || $kind == 5) && $name ne '') {
            $self->{types}{$name} = 1;
            $self->{types}{"$name." . unpack 'Z*', substr $strings, unpack('V', substr $data, $at + 12 + 12 * $_, 4), 128} = 1
                for 0 .. $count - 1;
        }
        $at += 12 + $tail->[0] + $tail->[1] * $count;
    }
}

my %check = (
    'no-kind' => sub { defined $_[0]{taken}{$_[1]} && !$_[0]{taken}{$_[1]} },
    'no-function' => sub { %{ $_[0]{functions} } && !$_[0]{functions}{$_[1]} },
    'no-type' => sub { %{ $_[0]{types} } && !$_[0]{types}{$_[1]} },
    'no-member' => sub { my ($type) = split /\./, $_[1]; $_[0]{types}{$type} && !$_[0]{types}{$_[1]} },
    'no-tracepoint' => sub { -d $_[0]{events} && !-e "$_[0]{events}/" . $_[1] =~ s/:/\//r },
    'no-config' => sub { $_[0]{config} =~ /^CONFIG_/m && $_[0]{config} !~ /^CONFIG_\Q$_[1]\E=/m },
);

# proves(PROOF, NAME): "no-function", "vfs_nothing"
sub proves {
    my ($self, $proof, $name) = @_;
    my $code = $check{$proof} or die "exceptions: no proof is called '$proof'; known: @{[ sort keys %check ]}\n";
    return $code->($self, $name);
}

1;
