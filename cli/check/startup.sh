# Sources the startup script $1 as MWAA does, and tells on descriptor 8, in records that end with a
# null byte, which commands there are not, which are not tried, and the variables that are left.
# https://github.com/aws/amazon-mwaa-docker-images, bin/airflow-user/execute-user-startup-script
exec 8>&1 1>&2
mwaa_platform_script=$1

mwaa_platform_tell() {
    local each
    for ((each = 1; each < ${#BASH_SOURCE[@]}; each++)); do
        if [[ ${BASH_SOURCE[each]} == "$mwaa_platform_script" ]]; then
            printf '%s %s %s\0' "$1" "${BASH_LINENO[each - 1]}" "$2" >&8
            return
        fi
    done
}

# The line of a command that fails, after which `set -e` ends the script.
trap '[[ ${BASH_SOURCE[0]-} != "$mwaa_platform_script" ]] || printf "failed %s -\0" "$LINENO" >&8' ERR

command_not_found_handle() {
    mwaa_platform_tell missing "$1"
    echo "$1: command not found" >&2
    return 127
}

# What installs packages would change, or need, more than a scratch folder.
dnf() { mwaa_platform_tell untried dnf; }
yum() { mwaa_platform_tell untried yum; }
rpm() { mwaa_platform_tell untried rpm; }
pip() { mwaa_platform_tell untried pip; }
pip3() { mwaa_platform_tell untried pip3; }
sudo() {
    while [[ ${1-} == -* ]]; do shift; done
    "$@"
}

# MWAA gives `exit` this meaning: the variables are kept, and the status is not looked at.
mwaa_platform_end() {
    local status=${1-$?}
    {
        printf 'ended %s\0' "$status"
        command env -0
    } >&8
    unalias exit
    exit 0
}
shopt -s expand_aliases
alias exit=mwaa_platform_end

source "$mwaa_platform_script"
mwaa_platform_end
