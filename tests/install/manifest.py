# SPDX-License-Identifier: BSD-2-Clause
"""Reads the Kubernetes manifest and checks what can be checked without a cluster.

Usage: manifest.py FILE check             nothing, or each mistake as a line, and exit status 1
       manifest.py FILE capabilities      those that the container is given
       manifest.py FILE command           what it runs, a word a line
       manifest.py FILE config            the sensor's configuration in it
"""

import sys

import yaml

# The API versions and the fields that we use; a key that is misspelt is not among them.
KINDS = {"Namespace": "v1", "ConfigMap": "v1", "DaemonSet": "apps/v1"}
POD = {"hostPID", "hostNetwork", "dnsPolicy", "automountServiceAccountToken", "enableServiceLinks",
       "priorityClassName", "terminationGracePeriodSeconds", "nodeSelector", "tolerations",
       "containers", "volumes"}
CONTAINER = {"name", "image", "command", "args", "securityContext", "resources", "livenessProbe",
             "volumeMounts"}
SECURITY = {"privileged", "allowPrivilegeEscalation", "readOnlyRootFilesystem", "runAsUser",
            "runAsGroup", "capabilities", "seccompProfile", "appArmorProfile"}


def mistakes(documents):
    """Every mistake, as text."""
    by_kind = {each["kind"]: each for each in documents}
    for kind, version in KINDS.items():
        if by_kind.get(kind, {}).get("apiVersion") != version:
            yield f"no {kind} of {version}"
            return
    daemon_set = by_kind["DaemonSet"]
    spec = daemon_set["spec"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    security = container["securityContext"]
    for what, has, known in (("pod", pod, POD), ("container", container, CONTAINER),
                             ("securityContext", security, SECURITY)):
        for key in sorted(set(has) - known):
            yield f"{what}: {key} is not known"
    if spec["selector"]["matchLabels"] != spec["template"]["metadata"]["labels"]:
        yield "the selector does not select the pods"
    for kind in ("ConfigMap", "DaemonSet"):
        if by_kind[kind]["metadata"]["namespace"] != by_kind["Namespace"]["metadata"]["name"]:
            yield f"{kind}: another namespace"
    volumes = {each["name"] for each in pod["volumes"]}
    mounts = {each["name"] for each in container["volumeMounts"]}
    if volumes != mounts:
        yield f"volumes {sorted(volumes)} and mounts {sorted(mounts)} differ"
    if security["privileged"] or security["allowPrivilegeEscalation"]:
        yield "more rights than it needs"
    if not security["readOnlyRootFilesystem"] or security["capabilities"]["drop"] != ["ALL"]:
        yield "more rights than it needs"
    names = {by_kind["ConfigMap"]["metadata"]["name"]}
    if {each["configMap"]["name"] for each in pod["volumes"] if "configMap" in each} != names:
        yield "the configuration that is mounted is not the one that is there"


def main():
    """What the command line asks for."""
    path, command = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        documents = list(yaml.safe_load_all(file))
    by_kind = {each["kind"]: each for each in documents}
    if command == "check":
        found = list(mistakes(documents))
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    container = by_kind["DaemonSet"]["spec"]["template"]["spec"]["containers"][0]
    if command == "capabilities":
        print(*container["securityContext"]["capabilities"]["add"])
    elif command == "command":
        print("\n".join(container["command"] + container["args"]))
    elif command == "config":
        print(by_kind["ConfigMap"]["data"]["faultline.yaml"], end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
