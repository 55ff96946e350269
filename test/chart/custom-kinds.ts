import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';

/*
 * Of the kinds that Kubernetes does not bring, what the chart makes: after the CustomResourceDefinitions of cert-manager
 * 1.19 (cert-manager.io/v1) and of the Prometheus Operator 0.86 (monitoring.coreos.com/v1).
 */

export interface Certificate {
  readonly apiVersion: 'cert-manager.io/v1';
  readonly kind: 'Certificate';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly secretName: string;
    readonly issuerRef: { readonly name: string; readonly kind?: string; readonly group?: string };
    readonly duration?: string;
    readonly renewBefore?: string;
    readonly usages?: readonly string[];
    readonly dnsNames?: readonly string[];
    readonly privateKey?: { readonly algorithm?: string; readonly size?: number; readonly rotationPolicy?: string };
  };
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

interface Endpoint {
  readonly port?: string;
  readonly interval?: string;
  readonly relabelings?: readonly { readonly sourceLabels?: readonly string[]; readonly targetLabel?: string }[];
}

export interface ServiceMonitor {
  readonly apiVersion: 'monitoring.coreos.com/v1';
  readonly kind: 'ServiceMonitor';
  readonly metadata: ObjectMeta;
  readonly spec: { readonly selector: Selector; readonly endpoints: readonly Endpoint[] };
}

export interface PodMonitor {
  readonly apiVersion: 'monitoring.coreos.com/v1';
  readonly kind: 'PodMonitor';
  readonly metadata: ObjectMeta;
  readonly spec: { readonly selector: Selector; readonly podMetricsEndpoints: readonly Endpoint[] };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface PrometheusRule {
  readonly apiVersion: 'monitoring.coreos.com/v1';
  readonly kind: 'PrometheusRule';
  readonly metadata: ObjectMeta;
  readonly spec: { readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[] };
}
