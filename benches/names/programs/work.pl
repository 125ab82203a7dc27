# work.pl SECONDS
use strict;
use warnings;
use Time::HiRes 'time';

sub fib { my $n = shift; return $n < 2 ? $n : fib($n - 1) + fib($n - 2) }

my $end = time + shift;
my %found;
while (time < $end) {
    fib(12);
    for my $i (0 .. 300) {
        (my $key = "k$i") =~ s/(\d)/<$1>/g;
        $found{$key} = $i;
    }
    my @sorted = sort { $b cmp $a } keys %found;
}
