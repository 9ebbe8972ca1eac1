# SPDX-License-Identifier: Apache-2.0
"""The accounts of the laboratory's domain, made in the controller's database in one process: samba-tool takes a
second for each."""

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

LONG_AGO = "130000000000000000"
DISABLED, SMARTCARD = 0x2, 0x40000
HALF_AN_HOUR = str(-30 * 60 * 10**7)
USERS = ("alice", "bob", "outsider", "disabled", "expired", "locked", "mustchange", "pwexpired", "protected", "hours",
         "elsewhere", "elsewhere2", "smartcard")  # fmt: skip

lp = LoadParm()
lp.load("/etc/samba/smb.conf")
db = SamDB(url="/var/lib/samba/private/sam.ldb", lp=lp, session_info=system_session(lp))
dn = db.domain_dn()


def one(name, attribute):
    found = db.search(dn, scope=ldb.SCOPE_SUBTREE, expression=f"(sAMAccountName={name})", attrs=[attribute])
    return found[0]


def modify(where, controls=(), **what):
    message = ldb.Message()
    message.dn = where if isinstance(where, ldb.Dn) else ldb.Dn(db, where)
    for name, value in what.items():
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    db.modify(message, controls=list(controls))


def control(name, bits):
    entry = one(name, "userAccountControl")
    modify(entry.dn, userAccountControl=str(int(entry["userAccountControl"][0]) | bits))


modify(dn, lockoutThreshold="10", minPwdAge="0", lockoutDuration=HALF_AN_HOUR, lockOutObservationWindow=HALF_AN_HOUR)
for user in USERS:
    db.newuser(user, "Passw0rd." + user, force_password_change_at_next_login_req=user == "mustchange")
db.newuser("zoë", "Pässw0rd.zoë")
db.newuser("зоя", "Пароль.1зоя")
control("disabled", DISABLED)
control("smartcard", SMARTCARD)
modify(one("expired", "dn").dn, accountExpires=LONG_AGO)
modify(one("hours", "dn").dn, logonHours=b"\0" * 21)
modify(one("elsewhere", "dn").dn, userWorkstations="OTHERPC")
modify(one("bob", "dn").dn, userPrincipalName="robert@lab.test")
modify(one("pwexpired", "dn").dn, pwdLastSet=LONG_AGO,
       controls=("bypassoperational:0", "relax:0", "local_oid:1.3.6.1.4.1.7165.4.3.12:0", "local_oid:1.3.6.1.4.1.7165.4.3.26:0"))
protected = db.search(dn, scope=ldb.SCOPE_SUBTREE, expression=f"(objectSid={db.get_domain_sid()}-525)",
                      attrs=["sAMAccountName"])
db.add_remove_group_members(str(protected[0]["sAMAccountName"][0]), ["protected"], add_members_operation=True)
db.newcomputer("robot")
db.setpassword("(sAMAccountName=robot$)", "Passw0rd.robot$")
# Whose members may log on.
db.newgroup("rdp users")
db.add_remove_group_members("rdp users", [user for user in (*USERS, "zoë", "зоя", "robot$") if user != "outsider"],
                            add_members_operation=True)
