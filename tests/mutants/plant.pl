#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Reads tables of faults, plants one in a copy of the sources, and makes faults by rule.
#
#   plant.pl list TABLE...                 one line a fault: name, file, what it is; tabs between
#   plant.pl plant ROOT NAME TABLE...      plants it in the sources under ROOT
#   plant.pl random ROOT SEED COUNT        a table of COUNT faults of the two libraries, the same for the same SEED
#
# A fault in a table; lines of text are looked for wherever they are indented, and have to be there exactly once:
#
#   name: what is wrong
#     FILE or FILE:LINE (then only that line is looked at)
#     - text before
#     + text after (none: the text goes)
#
# Exit: 0 fine, 1 a table or a fault that does not fit the sources, 2 usage.
use strict;
use warnings;

sub usage {
	open(my $self, '<', $0) or die;
	while (<$self>) { print STDERR $1 if /^#   (plant\.pl .*\n)/ }
	exit 2;
}

sub fail { print STDERR "plant.pl: @_\n"; exit 1 }

# All faults of the tables, in order: { name, what, file, line, before, after }.
sub read_tables {
	my (@faults, %seen);
	for my $table (@_) {
		open(my $in, '<', $table) or fail("$table: $!");
		while (my $text = <$in>) {
			chomp $text;
			next if $text =~ /^(#|\s*$)/;
			if ($text =~ /^([\w-]+): (.+)$/) {
				fail("$table:$.: a second fault named $1") if $seen{$1}++;
				push @faults, { name => $1, what => $2, file => '', line => 0, before => [], after => [] };
			} elsif (@faults && $text =~ /^  - (.*)$/) {
				push @{$faults[-1]{before}}, $1;
			} elsif (@faults && $text =~ /^  \+ (.*)$/) {
				push @{$faults[-1]{after}}, $1;
			} elsif (@faults && $text =~ /^  ([\w.\/-]+?)(?::(\d+))?$/) {
				$faults[-1]{file} = $1;
				$faults[-1]{line} = $2 // 0;
			} else {
				fail("$table:$.: expected a name, a file or a text, found: $text");
			}
		}
	}
	return @faults;
}

sub read_file {
	my ($path) = @_;
	open(my $in, '<', $path) or fail("$path: $!");
	local $/;
	return scalar <$in>;
}

sub plant {
	my ($root, $name, @tables) = @_;
	my ($fault) = grep { $_->{name} eq $name } read_tables(@tables);
	fail("no fault named $name") unless $fault;
	my $path = "$root/$fault->{file}";
	my $source = read_file($path);
	my $before = join('\n[ \t]*', map { quotemeta } @{$fault->{before}});
	my $after = join("\n", @{$fault->{after}});
	my $found = 0;
	if ($fault->{line}) {
		my @lines = split(/^/, $source);
		$found = ($lines[$fault->{line} - 1] =~ s/$before/$after/);
		$source = join('', @lines);
	} else {
		$found = () = $source =~ /$before/g;
		$source =~ s/$before/$after/;
	}
	fail("$name: the text before is in $fault->{file} " . ($found || 0) . " times, expected once") unless $found == 1;
	open(my $out, '>', $path) or fail("$path: $!");
	print $out $source;
	close($out) or fail("$path: $!");
}

# What a slip of the hand makes of a line: [ what, line after ] for each.
sub slips {
	my ($line) = @_;
	my @slips;
	my %swap = ('<' => '<=', '<=' => '<', '>' => '>=', '>=' => '>', '==' => '!=', '!=' => '==', '&&' => '||',
		    '||' => '&&', '+' => '-', '-' => '+', '+=' => '-=', '-=' => '+=', '&' => '|', '|' => '&',
		    '<<' => '>>', '>>' => '<<');
	while ($line =~ / ([<>=!&|+-]=?|&&|\|\||<<|>>) /g) {
		next unless defined $swap{$1};
		my ($from, $to, $at) = ($1, $swap{$1}, pos($line) - length($1) - 1);
		my $after = $line;
		substr($after, $at, length($from)) = $to;
		push @slips, [ "$from becomes $to", $after ];
		pos($line) = $at + length($from);
	}
	while ($line =~ /(?<![\w.])(\d+)(u|ull|ll)?\b/g) {
		my ($number, $suffix, $at) = ($1, $2 // '', $-[0]);
		my $after = $line;
		substr($after, $at, length($number)) = $number + 1;
		push @slips, [ "$number becomes " . ($number + 1), $after ];
	}
	while ($line =~ /\b(true|false)\b/g) {
		my $to = $1 eq 'true' ? 'false' : 'true';
		my $after = $line;
		substr($after, $-[0], length($1)) = $to;
		push @slips, [ "$1 becomes $to", $after ];
	}
	# A statement that is neither a declaration nor a jump goes.
	if ($line =~ /^\t+(\*?[a-z][\w>.\[\]-]*(\(| [+&|-]?= |\+\+|--)).*;$/ && $line !~ /^\t+return\b/) {
		push @slips, [ 'the statement is left out', "\t\t;" ];
	}
	return @slips;
}

sub random_faults {
	my ($root, $seed, $count) = @_;
	my @all;
	for my $file (sort glob("$root/libbuddy/src/*.[ch] $root/libpageman/src/*.c")) {
		my @lines = split(/\n/, read_file($file));
		my ($body, $comment) = (0, 0);
		(my $name = $file) =~ s/^\Q$root\E\///;
		next if $name =~ /print\.c$/;
		for my $i (0 .. $#lines) {
			my $line = $lines[$i];
			$comment = 1 if $line =~ m{^\s*/\*};
			$body = 1 if $line eq '{';
			$body = 0 if $line eq '}';
			my $code = $body && !$comment && $line =~ /^\t/ && $line !~ /assert|ASSERT|\bwrong\(|^\s*\.\w+ =|\*\//;
			push @all, map { [ $name, $i + 1, $line, @$_ ] } slips($line) if $code;
			$comment = 0 if $line =~ m{\*/};
		}
	}
	# Knuth's multiplier; the high bits choose.
	my $state = $seed;
	for my $n (1 .. ($count < @all ? $count : @all)) {
		$state = ($state * 1664525 + 1013904223) % 4294967296;
		my ($pick) = splice(@all, int($state / 4294967296 * @all), 1);
		my ($file, $line, $before, $what, $after) = @$pick;
		s/^\s+// for $before, $after;
		print "r$seed-$n: $what\n  $file:$line\n  - $before\n  + $after\n";
	}
}

my $action = shift // usage();
if ($action eq 'list' && @ARGV) {
	for my $fault (read_tables(@ARGV)) {
		my $place = $fault->{line} ? "line $fault->{line}: @{$fault->{before}}: " : '';
		print join("\t", $fault->{name}, $fault->{file}, "$place$fault->{what}"), "\n";
	}
} elsif ($action eq 'plant' && @ARGV >= 3) {
	plant(@ARGV);
} elsif ($action eq 'random' && @ARGV == 3 && "$ARGV[1] $ARGV[2]" =~ /^\d{1,9} \d{1,6}$/) {
	random_faults(@ARGV);
} else {
	usage();
}
