# Completion of tenantfs for bash: what there is comes from the command's own table.
_tenantfs() {
	local word command i
	word=${COMP_WORDS[COMP_CWORD]}
	command=
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-t | -c | --tenant | --config) i=$((i + 1)) ;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	COMPREPLY=()
	if [ -z "$command" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(tenantfs complete 2>/dev/null)" -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(tenantfs complete "$command" 2>/dev/null)" -- "$word")
	elif [ "$command" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(tenantfs complete 2>/dev/null)" -- "$word")
	fi
}
complete -o default -F _tenantfs tenantfs
