# Random numbers that follow from a seed alone, on every Perl and machine.
#
#	my $r = Oracle::Rand->new($seed, 'table');
#	$r->below(6); $r->chance(25); $r->pick(@list);
package Oracle::Rand;

use strict;
use warnings;

# The seeds are mixed, so that 1 and 2 have nothing in common; the word tells
# apart what is made from one seed, so that more of one thing leaves the
# others what they were.
sub new {
	my ($class, $seed, $word) = @_;
	my $self = bless { state => $seed, n => 0 }, $class;
	$self->{state} = _mix($self->{state} * 31 + ord)
	    for split //, $word // '';
	return $self;
}

# The last step of MurmurHash3, of 32 bits.
sub _mix {
	use integer;
	my ($h) = @_;
	$h &= 0xffffffff;
	$h ^= $h >> 16;
	$h = $h * 0x85ebca6b & 0xffffffff;
	$h ^= $h >> 13;
	$h = $h * 0xc2b2ae35 & 0xffffffff;
	return $h ^ $h >> 16;
}

sub _next {
	my ($self) = @_;
	return _mix($self->{state} + ++$self->{n} * 0x9e3779b9);
}

sub below {
	my ($self, $n) = @_;
	return $n < 1 ? 0 : $self->_next % $n;
}

sub between {
	my ($self, $low, $high) = @_;
	return $low + $self->below($high - $low + 1);
}

# True so many times in a hundred.
sub chance { $_[0]->below(100) < $_[1] }

sub pick {
	my ($self, @list) = @_;
	return $list[$self->below(scalar @list)];
}

# ->weighted(3 => 'often', 1 => 'rarely')
sub weighted {
	my ($self, @list) = @_;
	my $sum = 0;
	$sum += $list[2 * $_] for 0 .. @list / 2 - 1;
	my $n = $self->below($sum);
	while (@list) {
		my ($weight, $what) = splice @list, 0, 2;
		return $what if $n < $weight;
		$n -= $weight;
	}
}

sub shuffle {
	my ($self, @list) = @_;
	for my $i (reverse 1 .. $#list) {
		my $j = $self->below($i + 1);
		@list[$i, $j] = @list[$j, $i];
	}
	return @list;
}

1;
