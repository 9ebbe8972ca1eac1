# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Where this machine itself has its Debian packages from, as apt understands its own configuration, so
# that no archive's address is named anywhere in the project. Sourced.

# The entry for the machine's own release: "URI FILE:NUMBER". 1 when there is none.
apt_own_entry()
{
	local codename
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# The sources may say "testing" or "stable" where the system says the codename. The dollar signs
	# below are apt's own.
	# shellcheck disable=SC2016
	apt-get indextargets \
		--format '$(CREATED_BY) $(COMPONENT) $(RELEASE) $(REPO_URI) $(SOURCESENTRY) $(CODENAME)' |
		awk -v own="$codename" '
			$1 == "Packages" && $2 == "main" && ($3 == own || $6 == own) { print $4, $5; found = 1; exit }
			END { exit !found }'
}

# The keys that an entry names, as the lines of a deb822 source; nothing if it names none.
apt_entry_signed_by()
{
	local file=${1%:*} number=${1##*:}
	case $file in
		*.sources)
			awk -v RS= -v n="$number" 'NR == n' "$file" |
				awk '/^Signed-By:/ { on = 1; print; next } on && /^[ \t]/ { print; next } { on = 0 }'
			;;
		*)
			sed -n "${number}s/.*[[ ]signed-by=\([^] ]*\).*/Signed-By: \1/p" "$file"
			;;
	esac
}
