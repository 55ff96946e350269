{{- define "weir.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "weir.agent" -}}{{ include "weir.fullname" . }}-agent{{- end -}}
{{- define "weir.aggregator" -}}{{ include "weir.fullname" . }}-aggregator{{- end -}}

{{/* Labels that select the pods of a component, and do not change with a version. Takes (list $ component). */}}
{{- define "weir.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "weir.labels" -}}
{{- $root := index . 0 -}}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{ include "weir.selector" . }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Takes (list $ .Values.x.image). */}}
{{- define "weir.image" -}}
{{- $root := index . 0 -}}{{- $image := index . 1 -}}
{{- with $root.Values.image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ default $root.Chart.AppVersion $image.tag }}{{ end -}}
{{- end -}}

{{- define "weir.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where a pod may run. Takes the values of its component. */}}
{{- define "weir.scheduling" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* For whom the agents' tokens are made: of no use at another cluster's aggregator, nor at the API server. */}}
{{- define "weir.audience" -}}weir-aggregator.{{ .Release.Namespace }}.{{ .Values.cluster }}{{- end -}}

{{- define "weir.certificateSecret" -}}
{{- if eq .Values.certificates.source "secret" -}}
{{- required "certificates.secretName: name the Secret with tls.crt and tls.key" .Values.certificates.secretName -}}
{{- else -}}
{{- include "weir.aggregator" . -}}-tls
{{- end -}}
{{- end -}}

{{- define "weir.authorityConfigMap" -}}
{{- if and (ne .Values.certificates.source "helm") .Values.certificates.authorityConfigMap -}}
{{- .Values.certificates.authorityConfigMap -}}
{{- else -}}
{{- include "weir.fullname" . -}}-authority
{{- end -}}
{{- end -}}

{{- define "weir.dnsNames" -}}
{{- $name := include "weir.aggregator" . -}}
- {{ $name }}
- {{ $name }}.{{ .Release.Namespace }}
- {{ $name }}.{{ .Release.Namespace }}.svc
- {{ $name }}.{{ .Release.Namespace }}.svc.cluster.local
{{- end -}}

{{/* What no schema can say. */}}
{{- define "weir.check" -}}
{{- $several := or (gt (int .Values.aggregator.replicas) 1) .Values.aggregator.autoscaling.enabled -}}
{{- $postgres := eq .Values.aggregator.database.type "postgres" -}}
{{- if and $several (not $postgres) -}}
{{- fail "aggregator.replicas above 1 and aggregator.autoscaling need aggregator.database.type postgres: SQLite is one process's file" -}}
{{- end -}}
{{- if and $postgres (not .Values.aggregator.database.postgres.secretName) -}}
{{- fail "aggregator.database.postgres.secretName: name the Secret with the address of the server" -}}
{{- end -}}
{{- with .Values.certificates -}}
{{- if and (eq .source "certManager") (not .certManager.issuerRef.name) -}}
{{- fail "certificates.certManager.issuerRef.name: name who issues the certificate" -}}
{{- end -}}
{{- if and (ne .source "helm") (not .authority) (not .authorityConfigMap) -}}
{{- fail "certificates.authority or certificates.authorityConfigMap: say by which authority agents know the aggregator" -}}
{{- end -}}
{{- end -}}
{{- end -}}
