# Something for perl to do: regular expressions, hashes, sorting, recursion. Two seconds of CPU
# time.
use strict;
use warnings;

sub deeper { my ($depth) = @_; return $depth ? 1 + deeper($depth - 1) : 0 }

while ((times)[0] < 2) {
	my %seen;
	my $text = join " ", map { "word$_=" . ($_ * 7919 % 10007) } 1 .. 4000;
	$seen{$1} += $2 while $text =~ /([a-z]+\d+)=(\d+)/g;
	my @sorted = sort { $seen{$a} <=> $seen{$b} || $a cmp $b } keys %seen;
	deeper(60) == 60 && @sorted == 4000 or die;
}
