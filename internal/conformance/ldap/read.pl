# Reads the directory with Perl's Net::LDAP, its schema too.
#
# usage: read.pl URL USER PASSWORD [AUTHORITY [starttls]]
use strict;
use warnings;
use Net::LDAP;
use Net::LDAP::Control::Paged;
use Net::LDAP::Control::Sort;
use Net::LDAP::Constant qw(LDAP_CONTROL_PAGED LDAP_COMPARE_TRUE LDAP_UNWILLING_TO_PERFORM);

my ($url, $user, $password, $authority, $mode) = @ARGV;
my @tls = $authority ? (verify => 'require', cafile => $authority) : ();
my $base = 'DC=fabrikam,DC=com';
sub ok { my ($result, $what) = @_; die "$what: " . $result->error . "\n" if $result->code; return $result }

my $ldap = Net::LDAP->new($url, @tls) or die $@;
ok($ldap->start_tls(@tls), 'StartTLS') if ($mode // '') eq 'starttls';
die "no TLS\n" if $authority && !$ldap->cipher;
ok($ldap->bind($user, password => $password), 'bind');
my $root = $ldap->root_dse(attrs => ['defaultNamingContext']) or die "no root DSE\n";
die "not the domain\n" unless $root->get_value('defaultNamingContext') eq $base;
my $schema = $ldap->schema or die "no schema\n";
my $attribute = $schema->attribute('sAMAccountName') or die "no attribute sAMAccountName\n";
die "sAMAccountName has one value\n" unless $attribute->{'single-value'};
die "no class user\n" unless $schema->objectclass('user');

my ($count, $page) = (0, Net::LDAP::Control::Paged->new(size => 7));
while (1) {
  my $found = ok($ldap->search(base => $base, filter => '(objectClass=*)', attrs => ['1.1'], control => [$page]), 'page');
  $count += $found->count;
  my ($answer) = $found->control(LDAP_CONTROL_PAGED) or last;
  my $cookie = $answer->cookie or last;
  $page->cookie($cookie);
}
my $whole = ok($ldap->search(base => $base, filter => '(objectClass=*)', attrs => ['1.1']), 'search')->count;
die "$count entries in pages, $whole at once\n" unless $count == $whole && $whole > 14;

my $sorted = ok($ldap->search(base => $base, filter => '(objectClass=group)', attrs => ['cn'],
  control => [Net::LDAP::Control::Sort->new(order => 'cn', critical => 1)]), 'sort');
my @names = map { lc $_->get_value('cn') } $sorted->entries;
die "not sorted: @names\n" unless "@names" eq join ' ', sort @names;

my $account = ok($ldap->search(base => $base, filter => '(sAMAccountName=hsadmin)'), 'account')->entry(0);
my $deleted = ok($ldap->search(base => "CN=Deleted Objects,$base", filter => '(isDeleted=TRUE)',
  control => [Net::LDAP::Control->new(type => '1.2.840.113556.1.4.417', critical => 1)]), 'deleted objects');
die "no deleted objects\n" unless $deleted->count;

my $same = $ldap->compare($account->dn, attr => 'sAMAccountName', value => 'HSADMIN');
die "compare: " . $same->error . "\n" unless $same->code == LDAP_COMPARE_TRUE;
my $written = $ldap->modify($account->dn, replace => { description => 'x' });
die "a write: " . $written->error . "\n" unless $written->code == LDAP_UNWILLING_TO_PERFORM;
$ldap->unbind;
print "Net::LDAP read $whole entries\n";
