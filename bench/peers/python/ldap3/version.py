# THIS FILE IS AUTO-GENERATED. PLEASE DO NOT MODIFY
# version file for ldap3
# generated on 2021-07-18 08:33:22.864195
# on system uname_result(system='Windows', node='ELITE10GC', release='10', version='10.0.19041', machine='AMD64')
# with Python 3.9.4 - ('tags/v3.9.4:1f2e308', 'Apr  6 2021 13:40:21') - MSC v.1928 64 bit (AMD64)
#
__version__ = '2.9.1'
__author__ = 'Giovanni Cannata'
__email__ = 'cannatag@gmail.com'
__url__ = 'https://github.com/cannatag/ldap3'
__description__ = 'A strictly RFC 4510 conforming LDAP V3 pure Python client library'
__status__ = '5 - Production/Stable'
__license__ = 'LGPL v3'
